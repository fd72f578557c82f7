import { make, part } from './parts.js';

const connectionTexts = { connected: 'Live', connecting: 'Connecting', initialized: 'Connecting' };

const ticketTexts = {
  none: () => ['No ticket yet', 'Buy one for a funding goal. When its show is on, you may watch.'],
  waiting: (tickets) => [
    `You own ${tickets === 1 ? 'a ticket' : `${tickets} tickets`}`,
    'The show is not on yet. You will be notified here, on a channel that only you can read.',
  ],
  watching: () => ['You may watch', 'Your ticket is valid for the show that is on.'],
};

/** Shows how many tickets the viewer has for which funding goal, and whether the viewer may watch a show. */
export function createTicketPanel() {
  const tickets = new Map();
  const shows = new Set();
  const panel = part('tickets');

  function draw() {
    const owned = [...tickets.values()].reduce((sum, amount) => sum + amount, 0);
    const state = shows.size > 0 ? 'watching' : owned > 0 ? 'waiting' : 'none';
    const [title, detail] = ticketTexts[state](owned);
    panel.dataset.state = state;
    part('tickets-title').textContent = title;
    part('tickets-detail').textContent = detail;
  }

  return {
    add(fundingGoalId, amount) {
      tickets.set(fundingGoalId, (tickets.get(fundingGoalId) ?? 0) + amount);
      draw();
    },
    has: (fundingGoalId) => (tickets.get(fundingGoalId) ?? 0) > 0,
    /** The tickets for a funding goal give no access any more. */
    revoke(fundingGoalId, showGoalId) {
      tickets.delete(fundingGoalId);
      shows.delete(showGoalId);
      draw();
    },
    allowShow(showGoalId) {
      shows.add(showGoalId);
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
