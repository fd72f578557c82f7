import { isSettled, reasonOf } from '../goals/phase.js';
import { count } from '../goals/words.js';
import { make } from './parts.js';

const verbs = { capture: 'charged', release: 'given back' };

/** Shows on the card of a funding goal what the streamer reads of its settlement: each ticket, and what is done with it. */
export function createSettlement(card, readSettlement) {
  let isRead = false;

  return async (goal) => {
    if (goal.goal_type !== 'show_funding' || !isSettled(goal) || isRead) return;
    isRead = true;
    const { tickets, total, items } = await readSettlement(goal.goal_id);
    const sold = `${count(tickets)} ${tickets === 1 ? 'payment' : 'payments'}, ${count(total)} tickets`;
    card.part('settlement-sum').textContent =
      goal.outcome === 'delivered' ? `${sold}, all charged` : `${sold}, all given back: ${reasonOf(goal)}`;
    card
      .part('settlement-items')
      .replaceChildren(
        ...items.map(({ amount, action }) =>
          make('li', '', `${count(amount)} ${amount === 1 ? 'ticket' : 'tickets'}: ${verbs[action]}`),
        ),
      );
    card.part('settlement').hidden = false;
  };
}
