import { kindOf } from '../goals/words.js';
import { createEntry } from './entries.js';
import { part } from './parts.js';

const lookAgainMs = [0, 300, 1000, 3000];

/** The stored feed. Feed and push are written side by side, so after a push the entry may take a moment. */
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
    for (const wait of lookAgainMs) {
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
