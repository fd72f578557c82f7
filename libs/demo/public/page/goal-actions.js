import { canBeCancelled, hasEnded, isOnSale, isSettled } from '../goals/phase.js';
import { make } from './parts.js';

const cancel = {
  label: 'Cancel the goal',
  act: ({ cancel: send }, { goal_id: id }) => send(id),
  isShown: canBeCancelled,
};

const coins = {
  label: 'Give 100 coins',
  act: ({ give }, { goal_id: id }) => give(id, 100),
  isShown: (goal) => goal.unit === 'coins' && goal.status !== 'pending' && !hasEnded(goal),
};

/**
 * The buttons of each type of goals: what the viewer, the streamer and the payment service can do with a goal, and while it shows.
 * `act` gets the calls of the page and the goal; `isShown` the goal and what the page knows besides.
 */
const actions = {
  show_funding: [
    {
      label: 'Buy a ticket',
      act: ({ give }, { goal_id: id }) => give(id, 1),
      isShown: isOnSale,
    },
    {
      label: 'Buy ten',
      act: ({ give }, { goal_id: id }) => give(id, 10),
      isShown: isOnSale,
    },
    {
      label: 'Refund my last ticket',
      act: ({ refund }, { goal_id: id }) => refund(id),
      isShown: (goal, { owns }) => owns && !isSettled(goal),
    },
    {
      label: 'Create the show goal',
      act: ({ createShow }, { goal_id: id }) => createShow(id),
      isShown: (goal, { hasShow }) => !hasShow && !isSettled(goal),
    },
    cancel,
  ],
  show: [
    coins,
    {
      label: 'Go on stage',
      act: ({ perform }, { goal_id: id }) => perform(id, 'live'),
      isShown: (goal) => goal.performance === 'paused' && !hasEnded(goal) && goal.status !== 'pending',
    },
    {
      label: 'Pause',
      act: ({ perform }, { goal_id: id }) => perform(id, 'paused'),
      isShown: (goal) => goal.performance === 'live' && !hasEnded(goal),
    },
    {
      label: 'Finish the show',
      act: ({ finish }, { goal_id: id }) => finish(id),
      isShown: (goal) => !hasEnded(goal) && goal.status !== 'pending',
    },
    cancel,
  ],
  trigger_exclusive: [
    coins,
    {
      label: 'Create the exclusive goal',
      act: ({ createExclusive }, { goal_id: id }) => createExclusive(id),
      isShown: (goal, { hasExclusive }) => !hasExclusive && goal.status !== 'pending' && !hasEnded(goal),
    },
    cancel,
  ],
  karaoke: [coins, cancel],
  exclusive: [coins, cancel],
  trigger_private: [coins, cancel],
};

/** Puts the buttons of a goal on its card. The first one stands out. */
export function createGoalActions(card, calls) {
  const place = card.part('actions');
  let goal;
  let buttons = [];

  const build = () =>
    (actions[goal.goal_type] ?? []).map(({ label, act, isShown }, index) => {
      const element = make('button', index === 0 ? '' : 'secondary', label);
      element.type = 'button';
      element.addEventListener('click', () => void once(element, () => act(calls, goal)));
      place.append(element);
      return { element, isShown };
    });

  return (shown, known) => {
    goal = shown;
    if (place.children.length === 0) buttons = build();
    for (const { element, isShown } of buttons) hide(element, !isShown(goal, known), card.element);
  };
}

/** If the hidden button had the focus, the focus moves to its card. */
function hide(button, isHidden, card) {
  if (isHidden && button === document.activeElement) card.focus();
  button.hidden = isHidden;
}

async function once(button, act) {
  if (button.getAttribute('aria-busy') === 'true') return;
  button.setAttribute('aria-busy', 'true');
  try {
    await act();
  } finally {
    button.removeAttribute('aria-busy');
  }
}
