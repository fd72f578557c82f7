/** More would not be read over a video. */
const mostCards = 5;

/** So far a single card is made smaller that does not fit otherwise. */
const leastShare = 0.2;

/**
 * Shows a card for each goal, in the given order, as many as fit whole; the first one always stays. Cards are reused, so that
 * their numbers move. `onArranged` is called when they stand in other places.
 */
export function createCardList(list, createCard, onArranged) {
  const cards = new Map();
  setInterval(() => {
    for (const card of cards.values()) card.tick(Date.now());
  }, 1000);

  /** Hides what does not fit whole: half a card over a video is a fault. A single one is made smaller. */
  function fit() {
    const items = [...list.children];
    for (const item of items) item.hidden = false;
    list.style.removeProperty('--fit');
    const isTooHigh = () => list.scrollHeight > list.clientHeight + 1;
    while (items.length > 1 && isTooHigh()) items.pop().hidden = true;
    for (let share = 0.9; share > leastShare && isTooHigh(); share *= 0.9)
      list.style.setProperty('--fit', share);
    onArranged();
  }

  const sizes = new ResizeObserver(() => fit());
  sizes.observe(list.parentElement);

  function cardOf(goal) {
    const known = cards.get(goal.goal_id);
    if (known) return known;
    const card = createCard(goal);
    cards.set(goal.goal_id, card);
    return card;
  }

  function draw(goals) {
    const shown = goals.slice(0, mostCards);
    const wanted = new Set(shown.map(({ goal_id: id }) => id));
    let isChanged = false;
    for (const [id, card] of cards) {
      if (wanted.has(id)) continue;
      card.remove();
      cards.delete(id);
      isChanged = true;
    }
    shown.forEach((goal, index) => {
      const card = cardOf(goal);
      const { title } = card.element.dataset;
      card.update(goal);
      const place = list.children[index];
      if (place === card.element && title === card.element.dataset.title) return;
      if (place !== card.element) list.insertBefore(card.element, place ?? null);
      isChanged = true;
    });
    if (isChanged) fit();
  }

  return { draw, find: (goalId) => cards.get(goalId), clear: () => draw([]) };
}
