const shownMs = 6000;

/** Says something for a few seconds; the next thing to say takes its place. */
export function createToast(element) {
  let timer;
  return (text) => {
    clearTimeout(timer);
    element.textContent = text;
    timer = setTimeout(() => {
      element.textContent = '';
    }, shownMs);
  };
}
