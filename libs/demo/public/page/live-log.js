import { sentenceOf } from '../goals/words.js';
import { createEntry } from './entries.js';
import { part } from './parts.js';

const kept = 12;

/** Puts an event on top of the log. */
export function logEvent(name, payload) {
  const list = part('live');
  part('live-empty').hidden = true;
  const entry = createEntry(new Date(), sentenceOf(name, payload), name);
  entry.dataset.event = name;
  list.prepend(entry);
  while (list.children.length > kept) list.lastElementChild.remove();
}
