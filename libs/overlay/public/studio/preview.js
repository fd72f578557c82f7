const settleMs = 250;

/** The overlay in a frame of the chosen size, scaled down over a drawn picture of a stream. */
export function createPreview(stage, frame, size) {
  let query = new URLSearchParams();
  let token;
  let timer;

  function fit() {
    const [width, height] = size.value.split('x').map(Number);
    stage.style.setProperty('--width', width);
    stage.style.setProperty('--height', height);
    stage.style.setProperty('--shrink', Math.min(1, stage.clientWidth / width));
  }

  function load() {
    const all = new URLSearchParams(query);
    if (token) all.set('token', token);
    else all.set('sample', '');
    all.set('preview', '');
    // Replaced, not set: the studio's own history is no list of previews.
    frame.contentWindow.location.replace(`/overlay?${all}`);
  }

  size.addEventListener('change', fit);
  new ResizeObserver(fit).observe(stage);

  return {
    /** Shows the overlay with these settings, once they have not changed for a moment. */
    show(next) {
      query = next;
      clearTimeout(timer);
      timer = setTimeout(load, settleMs);
    },
    /** Shows the goals that this token reads from now on; the sample again if it is undefined. */
    follow(next) {
      token = next;
      load();
    },
  };
}
