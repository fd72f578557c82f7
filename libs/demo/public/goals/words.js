import { clock } from './countdown.js';

/** The names of goal types, states and events on screen. */
const kinds = {
  show: 'Show',
  show_funding: 'Show funding',
  karaoke: 'Karaoke',
  exclusive: 'Exclusive',
  trigger_exclusive: 'Exclusive trigger',
  trigger_private: 'Private trigger',
};

const statuses = {
  pending: 'Being created',
  scheduled: 'Soon',
  active: 'Open',
  completed: 'Reached',
  expired: 'Closed',
  cancelled: 'Cancelled',
  failed: 'Failed',
};

const number = new Intl.NumberFormat('en');

export const kindOf = (goalType) => kinds[goalType] ?? goalType ?? 'Other';
/** How a funding goal is called by its outcome, once its countdown has ended. */
const outcomes = { funded: 'Funded', underfunded: 'Not funded', delivered: 'Delivered', void: 'Void' };

export const statusOf = ({ status, outcome }) => outcomes[outcome] ?? statuses[status] ?? status;
export const count = (value) => number.format(value);

/** An amount in the unit of a goal; seconds as a clock. */
export const amount = ({ unit }, value) => (unit === 'seconds' ? clock(value * 1000) : count(value));

/** The title of a level, or its number. */
export function levelName(level, index) {
  return level?.title ?? `Level ${index + 1}`;
}

/** The next level of the goal, or the last one if all are reached. */
export function currentLevel({ levels, level }) {
  const index = Math.max(0, Math.min(level, levels.length - 1));
  return { name: levelName(levels[index], index), target: levels[index]?.target ?? 0 };
}

/** One sentence about an event, for the log and for screen readers. */
export function sentenceOf(name, payload) {
  const kind = kindOf(payload.goal_type);
  const { levels, level_reached: reached } = payload;
  if (name === 'goal.created') return `${kind} goal asked for`;
  if (name === 'goal.failed') return `${kind} goal could not be created`;
  if (name === 'access.granted') return 'A viewer may watch the show';
  if (name === 'access.revoked') return 'A viewer may not watch the show any more';
  if (name === 'goal.added') return `${kind} goal added`;
  if (name === 'goal.activated') return `${kind} goal opened`;
  if (name === 'goal.expired') return `${kind} goal closed`;
  if (name === 'goal.cancelled') return `${kind} goal cancelled`;
  if (name === 'goal.completed') return `${kind} goal reached its last level`;
  if (name === 'stream.authorized') return 'You may watch the show';
  if (name === 'stream.revoked') return 'You may not watch the show any more';
  if (name === 'goal.funded') return `${kind} goal has reached what the show needs`;
  if (name === 'goal.settled')
    return payload.outcome === 'delivered'
      ? `${kind} goal settled: ${count(payload.total)} tickets are charged`
      : `${kind} goal settled: ${count(payload.total)} tickets are given back`;
  if (name === 'goal.corrected') return `${kind} goal corrected by ${count(payload.delta)}`;
  if (name === 'goal.updated')
    return isMessageRemoved(payload)
      ? 'A message was removed'
      : `${kind} goal changed: ${payload.changes.join(', ')}`;
  if (name === 'goal.level_reached' && levels?.[reached - 1])
    return `${kind} goal reached: ${levelName(levels[reached - 1], reached - 1)}`;
  if (name === 'goal.progressed' && payload.unit)
    return payload.unit === 'seconds'
      ? `${kind} goal at ${amount(payload, payload.progress)} on stage`
      : `${kind} goal at ${count(payload.progress)} ${payload.unit}`;
  return name;
}

const isMessageRemoved = ({ changes }) => changes.some((field) => /^contributions\..*\.message$/.test(field));
