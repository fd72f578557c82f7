import { part } from './parts.js';

const words = {
  none: () => ['No ticket yet', 'Buy one for a funding goal. Once its show is on, you may watch.'],
  waiting: (tickets) => [
    `You own ${tickets === 1 ? 'a ticket' : `${tickets} tickets`}`,
    'The show is not on yet. You will be told here, on a channel that only you can read.',
  ],
  watching: () => ['You may watch', 'Your ticket is good for the show that is on.'],
};

/** The viewer's seat: how many tickets for which funding goal, and whether a show may be watched. */
export function createSeat() {
  const tickets = new Map();
  const shows = new Set();
  const place = part('seat');

  function draw() {
    const owned = [...tickets.values()].reduce((sum, amount) => sum + amount, 0);
    const state = shows.size > 0 ? 'watching' : owned > 0 ? 'waiting' : 'none';
    const [title, detail] = words[state](owned);
    place.dataset.state = state;
    part('seat-title').textContent = title;
    part('seat-detail').textContent = detail;
  }

  return {
    own(fundingGoalId, amount) {
      tickets.set(fundingGoalId, (tickets.get(fundingGoalId) ?? 0) + amount);
      draw();
    },
    owns: (fundingGoalId) => (tickets.get(fundingGoalId) ?? 0) > 0,
    mayWatch(showGoalId) {
      shows.add(showGoalId);
      draw();
    },
  };
}
