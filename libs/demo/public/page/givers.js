import { amount } from '../goals/words.js';
import { make } from './parts.js';

const mostShown = 20;
/** Many gifts a second are read together. */
const readAfterMs = 300;

/**
 * Who gave to a goal, on its card: the leaderboard, and each gift with name and message, which the streamer can remove. Read while
 * it is unfolded, and again whenever the goal has changed.
 */
export function createGivers(card, { viewerId, read, removeMessage, onError }) {
  const place = card.part('givers');
  const [board, gifts, none] = ['leaderboard', 'gifts', 'givers-none'].map(card.part);
  let goal;
  let timer;

  const nameOf = ({ user_id: id, display_name: name, anonymous }) => {
    if (name) return name;
    if (id === viewerId) return 'You';
    return anonymous || id === null ? 'Anonymous' : id;
  };
  const amountOf = (value) => `${amount(goal, value)} ${goal.unit === 'seconds' ? 'coins' : goal.unit}`;

  function giftOf(gift) {
    const item = make('li', '');
    item.append(
      make('p', '', `${nameOf(gift)}: ${amountOf(gift.amount)}${gift.voided_at ? ', given back' : ''}`),
    );
    if (!gift.message) return item;
    const remove = make('button', 'quiet', 'Remove');
    remove.type = 'button';
    remove.setAttribute('aria-label', `Remove the message of ${nameOf(gift)}`);
    remove.addEventListener('click', () => void removeMessage(goal.goal_id, gift.source_id));
    item.append(make('q', '', gift.message), remove);
    return item;
  }

  async function show() {
    const [ranks, given] = await read(goal.goal_id);
    board.replaceChildren(
      ...ranks.map((entry) => make('li', '', `${entry.rank}. ${nameOf(entry)}: ${amountOf(entry.amount)}`)),
    );
    gifts.replaceChildren(...given.slice(-mostShown).toReversed().map(giftOf));
    none.hidden = given.length > 0;
  }

  function ask(afterMs) {
    clearTimeout(timer);
    timer = setTimeout(() => void show().catch(onError), afterMs);
  }

  place.addEventListener('toggle', () => place.open && ask(0));

  const refresh = () => place.open && ask(readAfterMs);

  function update(next) {
    const isChanged = goal !== undefined && goal.version !== next.version;
    goal = next;
    place.hidden = goal.unit === null;
    if (isChanged) refresh();
  }

  return { update, refresh };
}
