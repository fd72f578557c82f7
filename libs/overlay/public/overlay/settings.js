/** A setting that is one of a few words; the first is the default. */
const oneOf = (...choices) => ({ default: choices[0], choices, read: (text) => find(choices, text) });

/** A setting that is a number within limits. */
const numberFrom = (least, most, byDefault, step) => ({
  default: byDefault,
  least,
  most,
  step,
  read: (text) => (/^\d+(\.\d+)?$/.test(text) && text >= least && text <= most ? Number(text) : undefined),
});

const matching = (pattern, read) => ({
  default: null,
  read: (text) => (pattern.test(text) ? read(text) : undefined),
});

const find = (choices, text) => choices.find((choice) => choice === text);

const positions = [
  'bottom-left',
  'bottom',
  'bottom-right',
  'left',
  'center',
  'right',
  'top-left',
  'top',
  'top-right',
];

/** Every setting of the overlay by its name in the address: its default, what it may be, and how it is read. */
export const settingsTable = {
  /** Ids or types of the goals to show; null for all. */
  goals: matching(/^[0-9a-z_]{1,40}(,[0-9a-z_]{1,40})*$/, (text) => text.split(',')),
  theme: oneOf('dark', 'light', 'none'),
  /** A color as #rrggbb, with or without the sign; null for that of the theme. */
  accent: matching(/^#?[0-9a-f]{6}$/i, (text) => `#${text.replace('#', '').toLowerCase()}`),
  /** A font that the machine has; null for the one that comes with the page. */
  font: matching(/^[\p{L}\p{N} _-]{1,60}$/u, (text) => text.trim() || undefined),
  scale: numberFrom(0.5, 3, 1, 0.1),
  position: oneOf(...positions),
  layout: oneOf('bar', 'compact', 'ring'),
  /** For how many seconds a goal that is over stays. */
  hold: numberFrom(0, 120, 10, 1),
  sound: oneOf('off', 'on'),
  motion: oneOf('on', 'off'),
  lang: oneOf('en', 'de', 'ja'),
};

/** The settings in the query of an address. One that does not hold is its default, and `onFault` hears of it. */
export function readSettings(query, onFault = () => undefined) {
  const given = new URLSearchParams(query);
  const settings = {};
  for (const [name, { default: byDefault, read }] of Object.entries(settingsTable)) {
    const text = given.get(name);
    const value = text === null || text === '' ? byDefault : read(text);
    if (value === undefined) onFault(`The setting ${name} cannot be ${text}; the overlay takes its default.`);
    settings[name] = value ?? byDefault;
  }
  return settings;
}

/** The query that has these settings; those that are the default are left out. */
export function querySettings(settings) {
  const query = new URLSearchParams();
  for (const [name, { default: byDefault }] of Object.entries(settingsTable)) {
    const value = settings[name];
    if (value === undefined || value === null || value === '' || String(value) === String(byDefault))
      continue;
    query.set(name, String(value).replace('#', ''));
  }
  return query;
}
