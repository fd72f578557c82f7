import { make } from './parts.js';

const gifts = {
  show_funding: [
    ['Buy a ticket', 1],
    ['Buy ten', 10],
  ],
  show: [['Give 100 coins', 100]],
};

/** The buttons of a goal: the viewer contributes, and the streamer creates the show goal of a funding goal. */
export function createGoalActions(card, { give, createShow }) {
  const place = card.part('actions');
  const add = (label, className, act) => {
    const button = make('button', className, label);
    button.type = 'button';
    button.addEventListener('click', () => void once(button, act));
    place.append(button);
    return button;
  };
  let givers = [];
  let show;

  function build({ goal_id: id, goal_type: type }) {
    givers = (gifts[type] ?? []).map(([label, amount], index) =>
      add(label, index === 0 ? '' : 'secondary', () => give(id, amount)),
    );
    if (type === 'show_funding') show = add('Create the show goal', 'secondary', () => createShow(id));
  }

  return (goal, hasShow) => {
    if (place.children.length === 0) build(goal);
    for (const button of givers) hide(button, goal.status !== 'active', card.element);
    if (show) hide(show, hasShow, card.element);
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
