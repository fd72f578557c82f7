import { writeWords } from './fonts.js';

const shownMs = 4_500;
/** Of many gifts in a row the newest are shown, each for a shorter time. */
const mostWaiting = 4;

/**
 * Shows short messages one after the other beside the cards, outside of the flow: nothing moves when one comes or goes. A message is
 * `{text, lead?, detail?, from?}`: `detail` are the words of whoever gave, `lead` is what is said before them, and `from` tells the
 * gift, by goal and source. An urgent one is shown at once.
 */
export function createToasts(element, list, position) {
  const text = element.querySelector('[data-part=toast-text]');
  const detail = element.querySelector('[data-part=toast-detail]');
  const waiting = [];
  let shown;
  let timer;

  function write(message) {
    shown = message;
    writeWords(text, message.text);
    writeWords(detail, [message.lead, message.detail].filter(Boolean).join(' – '));
    element.hidden = false;
    place();
  }

  function show(message) {
    write(message);
    timer = setTimeout(next, waiting.length > 0 ? shownMs / 2 : shownMs);
  }

  function next() {
    timer = undefined;
    shown = undefined;
    element.hidden = true;
    text.textContent = '';
    detail.textContent = '';
    const message = waiting.shift();
    if (message) show(message);
  }

  /** Puts it beyond the last card, or over that one where the page ends. */
  function place() {
    const cards = [...list.children]
      .filter((card) => !card.hidden)
      .map((card) => card.getBoundingClientRect());
    if (cards.length === 0) return element.style.removeProperty('top');
    const edge = list.getBoundingClientRect();
    const gap = cards[0].height / 8;
    const above = Math.min(...cards.map(({ top }) => top)) - element.offsetHeight - gap;
    const below = Math.max(...cards.map(({ bottom }) => bottom)) + gap;
    const top = position.startsWith('top') ? below : above;
    const lowest = edge.bottom - element.offsetHeight;
    element.style.top = `${Math.max(edge.top, Math.min(top, lowest))}px`;
    return undefined;
  }

  /** The cards stand in other places: it must not lie over one of them. */
  function arrange() {
    if (shown) place();
  }

  function add(message, isUrgent = false) {
    if (isUrgent || timer === undefined) {
      clearTimeout(timer);
      show(message);
      return;
    }
    waiting.push(message);
    if (waiting.length > mostWaiting) waiting.shift();
  }

  /** Takes the words of a gift away; that there was one stays. */
  function removeMessage([goalId, source]) {
    const isIts = ({ from = [] }) => from[0] === goalId && from[1] === source;
    for (const message of waiting) if (isIts(message)) message.detail = '';
    if (shown && isIts(shown)) write({ ...shown, detail: '' });
  }

  function clear() {
    waiting.length = 0;
    clearTimeout(timer);
    next();
  }

  return { add, arrange, removeMessage, clear };
}
