/** What can be rehearsed, in the words of a streamer. */
const events = {
  'goal.level_reached': 'A level is reached',
  'goal.progressed': 'It comes further',
  'goal.completed': 'The last level is reached',
  'goal.funded': 'The show is paid for',
  'goal.settled': 'The show was delivered',
  'goal.added': 'The goal is new',
  'goal.activated': 'It opens',
  'goal.updated': 'It is edited',
  'goal.corrected': 'A payment is taken back',
  'goal.expired': 'It ends',
  'goal.cancelled': 'It is cancelled',
};

/** Sends an event of a goal to the screens, as if it had happened. */
export function createRehearsals(form, attempt) {
  const { goal, event } = form.elements;
  event.append(...Object.entries(events).map(([name, text]) => new Option(text, name)));
  let send;

  form.addEventListener('submit', (submitted) => {
    submitted.preventDefault();
    void attempt(() => send('POST', `/goals/${goal.value}/rehearse`, { event: event.value }));
  });

  return {
    /** Offers the goals of a session. */
    async open(session, sendAs) {
      send = sendAs;
      const { items } = await send('GET', `/sessions/${session}/goals`);
      const nameOf = ({ goal_type: type, levels }) =>
        `${type}: ${levels[0]?.title ?? `to ${levels[0]?.target}`}`;
      goal.replaceChildren(...items.toReversed().map((item) => new Option(nameOf(item), item.goal_id)));
      form.hidden = items.length === 0;
    },
  };
}
