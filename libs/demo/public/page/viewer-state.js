import { isSettled } from '../goals/phase.js';
import { make, part } from './parts.js';

/** Who is connecting for the first time is not offered to connect. */
let wasConnected = false;

const connectionTexts = { connected: 'Live', connecting: 'Connecting', initialized: 'Connecting' };

const ticketTexts = {
  none: () => ['No ticket yet', 'Buy one for a funding goal. When its show is on, you may watch.'],
  waiting: (tickets) => [
    `You own ${tickets === 1 ? 'a ticket' : `${tickets} tickets`}`,
    'The show is not on yet. You will be notified here, on a channel that only you can read.',
  ],
  watching: () => ['You may watch', 'Your ticket is valid for the show that is on.'],
  charged: (tickets) => [
    'Your tickets are charged',
    `The show was delivered: ${tickets === 1 ? 'one ticket is' : `${tickets} tickets are`} paid.`,
  ],
  released: () => ['Your money comes back', 'The tickets that you had are not charged.'],
};

/** Shows how many tickets the viewer has for which funding goal, and whether the viewer may watch a show. */
export function createTicketPanel() {
  const tickets = new Map();
  const shows = new Set();
  const settled = new Map();
  const panel = part('tickets');

  function draw() {
    const owned = [...tickets.values()].reduce((sum, amount) => sum + amount, 0);
    const state = stateOf(owned);
    const [title, detail] = ticketTexts[state](state === 'charged' ? amountOf('delivered') : owned);
    panel.dataset.state = state;
    part('tickets-title').textContent = title;
    part('tickets-detail').textContent = detail;
  }

  /** How many of the viewer's tickets had this outcome. */
  const amountOf = (outcome) =>
    [...settled].reduce((sum, [id, is]) => sum + (is === outcome ? (tickets.get(id) ?? 0) : 0), 0);

  /** The last decision about the viewer's money is news as long as no ticket waits and no show is on. */
  function stateOf(owned) {
    const open = owned - amountOf('delivered') - amountOf('void');
    if (shows.size > 0) return 'watching';
    if (open > 0) return 'waiting';
    if (amountOf('delivered') > 0) return 'charged';
    return amountOf('void') > 0 ? 'released' : 'none';
  }

  return {
    add(fundingGoalId, amount) {
      tickets.set(fundingGoalId, (tickets.get(fundingGoalId) ?? 0) + amount);
      draw();
    },
    has: (fundingGoalId) => (tickets.get(fundingGoalId) ?? 0) > 0,
    /** The viewer may not watch this show any more. What becomes of the tickets is said by the settlement. */
    revokeShow(showGoalId) {
      shows.delete(showGoalId);
      draw();
    },
    allowShow(showGoalId) {
      shows.add(showGoalId);
      draw();
    },
    /** Notes what became of the tickets for a funding goal. Its show is over then. */
    settle({ goal_id: id, outcome, context }) {
      if (!isSettled({ outcome }) || settled.has(id)) return;
      settled.set(id, outcome);
      shows.delete(context.show_goal_id);
      draw();
    },
  };
}

/** Shows the state of the connection, and who is on the viewer's own channel. */
export function showPresence({ connection, members }, viewerId) {
  const status = part('connection');
  const text = connectionTexts[connection] ?? 'Not connected, retrying';
  if (status.textContent !== text) status.textContent = text;
  status.dataset.state = connection;
  wasConnected ||= connection === 'connected';
  part('retry').hidden = connection === 'connected' || !wasConnected;
  part('members').replaceChildren(
    ...members.map((id) => {
      const item = make('li', '', id === viewerId ? 'You, the viewer' : 'Somebody else');
      item.append(make('code', '', id));
      return item;
    }),
  );
  part('members-hint').textContent =
    members.length > 0
      ? 'Seen on your own presence channel, in all your open windows together.'
      : 'Your own presence channel opens with your first ticket.';
}
