/** Shows one card for each goal in the given order. Cards are reused, so that they keep the focus. */
export function createGoalList(list, createCard) {
  const cards = new Map();

  setInterval(() => {
    for (const card of cards.values()) card.tick(Date.now());
  }, 1000);

  function cardOf(goal) {
    const card = cards.get(goal.goal_id) ?? createCard(goal);
    cards.set(goal.goal_id, card);
    return card;
  }

  return (goals) => {
    const wanted = new Set(goals.map(({ goal_id: id }) => id));
    for (const [id, card] of cards) {
      if (wanted.has(id)) continue;
      card.element.remove();
      cards.delete(id);
    }
    goals.forEach((goal, index) => {
      const card = cardOf(goal);
      card.update(goal);
      const place = list.children[index];
      if (place !== card.element) list.insertBefore(card.element, place ?? null);
    });
  };
}

/** Sorts goals, newest first. */
export function newestFirst(goals) {
  return [...goals].toSorted((a, b) => (a.goal_id < b.goal_id ? 1 : -1));
}
