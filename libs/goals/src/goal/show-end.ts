import type { CancelReason, GoalRecord, ShowEnd } from './goal.schema.js';
import { classOf } from './goal.view.js';
import { type Standing, standingAt } from './performance.js';
import { afterShow, isOver, stateOf, type Transition } from './rules.js';

/** Whether a goal has ended; a ShowGoal has not when its last level was reached, but goes on up to its end. */
export function hasEnded(goal: GoalRecord): boolean {
  const goesOn = goal.status === 'completed' && classOf(goal) === 'ShowGoal' && !goal.ended_at;
  return isOver(stateOf(goal)) && !goesOn;
}

/** Whether a goal is a show that counts the seconds performed. */
export function isInSeconds(goal: Pick<GoalRecord, '_cls' | 'unit'>): boolean {
  return classOf(goal) === 'ShowGoal' && goal.unit === 'seconds';
}

/** Where a show stands at a moment, or at its end if that was before: by what is performed, or by what was given. */
export function standingOf(show: GoalRecord, moment: Date, silenceMs: number): Standing {
  const { performance, levels = [], progress = 0, level = 0, exp } = show;
  if (!isInSeconds(show) || show.ended_at)
    return { state: show.ended_at ? 'paused' : (performance?.state ?? 'paused'), progress, level };
  return standingAt(performance, levels, exp && exp < moment ? exp : moment, silenceMs);
}

/** What a standing says, as it is stored in a show. */
export function progressFields(
  show: GoalRecord,
  { state, progress, level }: Standing,
  now: Date,
): Partial<GoalRecord> {
  const completes = stateOf(show) === 'active' && level > 0 && level === show.levels?.length;
  return {
    progress,
    level,
    peak_level: Math.max(show.peak_level ?? show.level ?? 0, level),
    ...(show.performance && { performance: performanceAs(state, show.performance) }),
    ...(completes && { status: 'completed', active: false, completed_at: now }),
  };
}

/** A show as it is at a moment: while it is live its seconds run on in between of what is stored. */
export function asOf(goal: GoalRecord, now: Date, silenceMs: number): GoalRecord {
  if (!isInSeconds(goal) || hasEnded(goal)) return goal;
  const {
    status: _status,
    active: _active,
    completed_at: _at,
    ...fields
  } = progressFields(goal, standingOf(goal, now, silenceMs), now);
  return { ...goal, ...fields };
}

/** What ends a show besides the step itself. */
export interface EndOfShow {
  transition: Transition;
  now: Date;
  silenceMs: number;
  reason?: CancelReason;
  /** Decides whether it was delivered; without it, it was if its first level was ever reached. */
  delivered?: boolean;
}

/** The fields of a show with its end in them, or undefined if the step does not end it, as it has ended already. */
export function endedShow(
  show: GoalRecord,
  { transition, now, silenceMs, reason, delivered }: EndOfShow,
): Partial<GoalRecord> | undefined {
  if (hasEnded(show)) return undefined;
  const fields = progressFields(show, standingOf(show, now, silenceMs), now);
  const status = afterShow(fields.status ?? stateOf(show), transition);
  if (!status) return undefined;
  const { performance } = show;
  return {
    ...fields,
    ...(performance && { performance: performanceAs('paused', performance) }),
    status,
    active: false,
    ended_at: now,
    ended_by: endBy(transition, reason),
    delivered: delivered ?? (fields.peak_level ?? 0) > 0,
    ...(status === 'cancelled' && { cancel_reason: reason }),
  };
}

const endBy = (transition: Transition, reason?: CancelReason): ShowEnd =>
  transition === 'cancel' ? (reason ?? 'cancelled') : transition === 'finish' ? 'finished' : 'expired';

/** A performance that shows as this state. Its report stays: a late one may come to stand before or behind it. */
function performanceAs(
  state: Standing['state'],
  { silent, ...performance }: NonNullable<GoalRecord['performance']>,
): GoalRecord['performance'] {
  const wasLive = performance.state === 'live' || silent;
  return { ...performance, state, ...(state === 'paused' && wasLive && { silent: true }) };
}
