/** The element of the page with this data-part. */
export const part = (name) => document.querySelector(`[data-part=${name}]`);

/** A new element with a class and a text. */
export function make(tag, className, text = '') {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}
