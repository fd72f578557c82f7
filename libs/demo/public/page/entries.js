import { kindOf, sentenceOf } from '../goals/words.js';
import { make, part } from './parts.js';

const timeOfDay = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const readAgainMs = [0, 300, 1000, 3000];
/** More live events than these are in the history alone, which a reload shows. */
const mostLive = 500;

/** The stored feed, page by page. The worker writes feed and push in parallel, so an entry can come shortly after the push. */
export function createFeed(readFeed, onError) {
  const list = part('feed');
  const more = part('feed-more');
  let cursor;

  const entriesOf = (items) =>
    items.map(({ created_at: at, goal_type: type, type: note }) =>
      createEntry(new Date(at), `${kindOf(type)} goal added`, note),
    );

  async function read() {
    const { items, next_cursor: next } = await readFeed();
    part('feed-empty').hidden = items.length > 0;
    list.replaceChildren(...entriesOf(items));
    setCursor(next);
    return items;
  }

  async function readOlder() {
    const { items, next_cursor: next } = await readFeed(cursor);
    list.append(...entriesOf(items));
    setCursor(next);
  }

  function setCursor(next) {
    cursor = next;
    more.hidden = !next;
  }

  async function readUntilSeen(goalId) {
    for (const wait of readAgainMs) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      const items = await read();
      if (items.some(({ goal_id: id }) => id === goalId)) return;
    }
  }

  more.addEventListener('click', () => void readOlder().catch(onError));
  return {
    read: () => void read().catch(onError),
    readUntilSeen: (goalId) => void readUntilSeen(goalId).catch(onError),
  };
}

/** Every event of the session: those that come, announced to screen readers, above those that were sent before. */
export function createEventList() {
  const live = part('live');
  const seen = new Set();

  function add(list, { id, type, at, payload }) {
    if (id !== undefined && seen.has(id)) return;
    seen.add(id);
    part('live-empty').hidden = true;
    const entry = createEntry(at, sentenceOf(type, payload), type);
    entry.dataset.event = type;
    list.prepend(entry);
  }

  return {
    /** Adds an event that has just come. */
    add(type, payload) {
      add(live, { id: payload.event_id, type, at: new Date(), payload });
      while (live.children.length > mostLive) live.lastElementChild.remove();
    },
    /** Puts those that were sent before beneath; oldest first. */
    addHistory(events) {
      for (const { event_id: id, type, occurred_at: at, data } of events)
        add(part('history'), { id, type, at: new Date(at), payload: data });
    },
  };
}

function createEntry(at, text, note) {
  const entry = make('li', '');
  const time = make('time', '', timeOfDay.format(at));
  time.dateTime = at.toISOString();
  const body = make('p', '');
  body.append(make('span', '', text), make('code', '', note));
  entry.append(time, body);
  return entry;
}
