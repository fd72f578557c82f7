import { kindOf, sentenceOf } from '../goals/words.js';
import { make, part } from './parts.js';

const timeOfDay = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const maxLogEntries = 12;
const readAgainMs = [0, 300, 1000, 3000];

/** The stored feed. The worker writes feed and push in parallel, so the entry can come shortly after the push. */
export function createFeed(readFeed, onError) {
  const list = part('feed');

  async function read() {
    const items = await readFeed();
    part('feed-empty').hidden = items.length > 0;
    list.replaceChildren(
      ...items.map(({ created_at: at, goal_type: type, type: note }) =>
        createEntry(new Date(at), `${kindOf(type)} goal added`, note),
      ),
    );
    return items;
  }

  async function readUntilSeen(goalId) {
    for (const wait of readAgainMs) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      const items = await read();
      if (items.some(({ goal_id: id }) => id === goalId)) return;
    }
  }

  return {
    read: () => void read().catch(onError),
    readUntilSeen: (goalId) => void readUntilSeen(goalId).catch(onError),
  };
}

/** Adds an event to the top of the log. */
export function logEvent(name, payload) {
  const list = part('live');
  part('live-empty').hidden = true;
  const entry = createEntry(new Date(), sentenceOf(name, payload), name);
  entry.dataset.event = name;
  list.prepend(entry);
  while (list.children.length > maxLogEntries) list.lastElementChild.remove();
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
