/** The kinds of goals that the form opens: what they count, whether they close by a time, and the levels that it proposes. */
const kinds = {
  show_funding: { unit: 'tickets', isTimed: true, levels: [50, 200] },
  karaoke: { unit: 'coins', isTimed: false, levels: [500, 2000] },
  trigger_exclusive: { unit: 'coins', isTimed: true, levels: [300, 1200] },
  trigger_private: { unit: 'coins', isTimed: true, levels: [300, 1200] },
};

/** A show that starts by itself is measured by the time on stage. */
const timedShow = {
  levels: [
    { title: 'five seconds', target: 5 },
    { title: 'ten minutes', target: 600 },
  ],
  duration_seconds: 3600,
  start: 'on_countdown_end',
};

/** The field of the form that each part of a request comes from. */
const fieldsOfPointers = {
  '/levels': 'last',
  '/levels/0/target': 'target',
  '/levels/1/target': 'last',
  '/nbf': 'opens',
  '/exp': 'minutes',
  '/show/start': 'starts',
};

/**
 * The streamer's form for a new goal. `open` gets the type of the goal, its body, and `labelOf`, which names the field that a part of
 * the body came from, and marks it.
 */
export function createGoalForm(form, open) {
  const { kind, target, last, minutes, starts } = form.elements;
  let isLastOwn = false;

  function chooseKind() {
    const { unit, isTimed, levels } = kinds[kind.value];
    for (const place of form.querySelectorAll('[data-unit]')) place.textContent = unit;
    minutes.closest('label').hidden = !isTimed;
    minutes.disabled = !isTimed;
    starts.closest('label').hidden = kind.value !== 'show_funding';
    [target.value, last.value] = levels;
    isLastOwn = false;
    unmark();
  }

  function labelOf(pointer) {
    const field = form.elements[fieldsOfPointers[pointer]];
    if (!field || field.closest('label').hidden) return undefined;
    field.setAttribute('aria-invalid', 'true');
    return field.labels[0].textContent.trim().replace(/\s+/g, ' ');
  }

  function unmark() {
    for (const field of form.elements) field.removeAttribute('aria-invalid');
  }

  kind.addEventListener('change', chooseKind);
  last.addEventListener('input', () => (isLastOwn = true));
  target.addEventListener('input', () => {
    if (!isLastOwn) last.value = 4 * target.value;
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    unmark();
    open(kind.value, bodyOf(kind.value, new FormData(form)), labelOf);
  });
  chooseKind();
}

function bodyOf(kind, form) {
  const { unit, isTimed } = kinds[kind];
  const [target, last] = [Number(form.get('target')), Number(form.get('last'))];
  const opensInSeconds = Number(form.get('opens'));
  const opens = Math.floor(Date.now() / 1000) + opensInSeconds;
  return {
    levels: [
      { title: `first ${target} ${unit}`, target },
      { title: `all ${last} ${unit}`, target: last },
    ],
    ...(opensInSeconds > 0 && { nbf: opens }),
    ...(isTimed && { exp: opens + Math.ceil(60 * Number(form.get('minutes'))) }),
    ...(kind === 'show_funding' && form.has('starts') && { show: timedShow }),
  };
}
