import type { GoalLevel, GoalStatus } from '#contracts';
import type { FieldFault } from '#platform';

/** States that a stored goal goes through: scheduled -> active -> completed | expired | cancelled. */
export type GoalState = Exclude<GoalStatus, 'pending' | 'failed'>;

/** Steps of a goal's life. */
export type Transition = 'activate' | 'complete' | 'expire' | 'cancel' | 'finish';

const machine: Record<Transition, { from: GoalState[]; to: GoalState }> = {
  activate: { from: ['scheduled'], to: 'active' },
  complete: { from: ['active'], to: 'completed' },
  expire: { from: ['active'], to: 'expired' },
  cancel: { from: ['scheduled', 'active'], to: 'cancelled' },
  finish: { from: ['active'], to: 'expired' },
};

/** The state after a step, or undefined if the state does not allow it. */
export function after(state: GoalState, transition: Transition): GoalState | undefined {
  const { from, to } = machine[transition];
  return from.includes(state) ? to : undefined;
}

/** The same for a ShowGoal that has not ended: its last level does not end it, and it stays completed when it ends. */
export function afterShow(state: GoalState, transition: Transition): GoalState | undefined {
  const ends = transition !== 'activate' && transition !== 'complete';
  return state === 'completed' && ends ? 'completed' : after(state, transition);
}

/** Whether a goal is over: nothing changes its state any more. */
export function isOver(state: GoalState): boolean {
  return state !== 'scheduled' && state !== 'active';
}

/** The part of a stored goal that says where in its life it is. */
export interface Lifespan {
  active?: boolean;
  status?: GoalState;
  exp?: Date | null;
}

/** The state of a stored goal; one of an older writer has none, but says whether it is active. */
export function stateOf({ status, active }: Lifespan): GoalState {
  return status ?? (active === false ? 'completed' : 'active');
}

/** Whether a goal is not over and its window has not closed. */
export function isOpen(goal: Lifespan, now: Date): boolean {
  return !isOver(stateOf(goal)) && !(goal.exp && goal.exp <= now);
}

/** When a goal is open: from nbf on, up to but not at exp; without exp it stays open. */
export interface GoalWindow {
  nbf: Date;
  exp: Date | null;
}

const iso = /^\d{4}-(\d{2})-(\d{2})T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** Above this a number of seconds is later than the year 5138, so it can only be milliseconds. */
export const latestSecond = 1e11;

/** Reads Unix seconds or ISO 8601 with a zone; returns what is wrong with anything else. */
export function readInstant(value: unknown): Date | string {
  if (typeof value === 'number') {
    if (value > latestSecond) return 'looks like milliseconds; send Unix seconds';
    return value >= 0 ? new Date(Math.round(value * 1000)) : 'must not be before 1970';
  }
  const match = typeof value === 'string' ? iso.exec(value) : null;
  const date = match && new Date(value as string);
  if (!date || Number.isNaN(date.getTime()) || !isCalendarDay(value as string))
    return 'must be Unix seconds or ISO 8601 with a zone, such as 2026-09-21T14:13:20Z';
  return date.getTime() >= 0 ? date : 'must not be before 1970';
}

/** Date rolls 30 February over into March instead of refusing it. */
function isCalendarDay(value: string): boolean {
  const day = value.slice(0, 10);
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

/** Reads a window: nbf is now unless it is said, exp may be left out only if the class allows an open end. */
export function readWindow(
  { nbf, exp }: { nbf?: unknown; exp?: unknown },
  { openEnd, now }: { openEnd: boolean; now: Date },
): { window: GoalWindow; faults: FieldFault[] } {
  const faults: FieldFault[] = [];
  const instant = (pointer: string, value: unknown): Date | undefined => {
    const read = readInstant(value);
    if (read instanceof Date) return read;
    faults.push({ pointer, detail: read });
    return undefined;
  };
  const opens = nbf === undefined ? now : instant('/nbf', nbf);
  if (exp === undefined && !openEnd)
    faults.push({ pointer: '/exp', detail: 'is required for this goal_type' });
  const closes = exp === undefined ? null : instant('/exp', exp);
  if (closes && closes <= now) faults.push({ pointer: '/exp', detail: 'must be in the future' });
  else if (closes && opens && closes <= opens)
    faults.push({ pointer: '/exp', detail: 'must be later than nbf' });
  return { window: { nbf: opens ?? now, exp: closes ?? null }, faults };
}

/** How many levels a goal may have, how long a title and how high a target may be. */
export const levelLimits = { levels: 20, title: 60, target: 1e12 };

/** How long a planned show may last. */
export const longestShowSeconds = 30 * 86_400;

/** Faults of levels that are well-formed one by one: their targets must rise strictly. */
export function levelFaults(levels: GoalLevel[], pointer = '/levels'): FieldFault[] {
  return levels.flatMap(({ target }, index) => {
    const before = levels[index - 1];
    if (before === undefined || target > before.target) return [];
    return [
      {
        pointer: `${pointer}/${index}/target`,
        detail: `must be more than the target before it, ${before.target}`,
      },
    ];
  });
}
