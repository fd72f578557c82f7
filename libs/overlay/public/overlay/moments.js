/** A gift is taken for what reached a level if it came so shortly before. */
const giftCountsMs = 5_000;

/** What happens on the page when something happens to a goal. */
export function createMoments({ words, list, toasts, confetti, sound, mayMove }) {
  /** The last gift to each goal, by id. */
  const gifts = new Map();

  function celebrate(goalId) {
    const card = list.find(goalId);
    if (card) card.celebrate();
    if (card && mayMove() && !card.element.hidden) confetti(card.element.getBoundingClientRect());
    sound?.().catch((error) => console.warn(error));
  }

  const giftText = ({ display_name: name, amount }, unit) =>
    words.say('gave', { name, amount: words.amount(unit, amount), unit: words.unitOf(unit) });

  function onGift({ goal_id: id, source_id: source, giver, unit }) {
    gifts.set(id, { source, giver, unit, at: Date.now() });
    toasts.add({ text: giftText(giver, unit), detail: giver.message, from: [id, source] });
  }

  /** A message that was removed is on no screen any more, now or later. */
  function onUpdated({ goal_id: id, changes }) {
    for (const change of changes ?? []) {
      const [, source] = /^contributions\.(.+)\.message$/.exec(change) ?? [];
      if (source === undefined) continue;
      const gift = gifts.get(id);
      if (gift?.source === source) gift.giver = { ...gift.giver, message: null };
      toasts.removeMessage([id, source]);
    }
  }

  function onLevel({ goal_id: id, levels, level_reached: reached }) {
    const gift = gifts.get(id);
    const isFresh = gift && Date.now() - gift.at < giftCountsMs;
    const level = words.levelName(levels?.[reached - 1], reached - 1);
    celebrate(id);
    toasts.add(
      {
        text: words.say('level_reached', { level }),
        lead: isFresh ? giftText(gift.giver, gift.unit) : '',
        detail: isFresh ? gift.giver.message : '',
        from: isFresh ? [id, gift.source] : [],
      },
      true,
    );
  }

  const handlers = {
    'goal.contributed': onGift,
    'goal.updated': onUpdated,
    'goal.level_reached': onLevel,
    'goal.completed'({ goal_id: id }) {
      celebrate(id);
    },
    'goal.funded'({ goal_id: id }) {
      celebrate(id);
      toasts.add({ text: words.say('show_soon') });
    },
    'goal.settled'({ goal_id: id, outcome }) {
      if (outcome === 'delivered') celebrate(id);
    },
  };

  return {
    on(name, payload) {
      // The cards are drawn with the next frame; what happens to them comes after it.
      requestAnimationFrame(() => requestAnimationFrame(() => handlers[name]?.(payload)));
    },
    clear() {
      gifts.clear();
      toasts.clear();
    },
  };
}
