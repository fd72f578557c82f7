import type { GoalStepped } from '#contracts';
import { GoalChangedEvent } from '../goal/goal-changed.event.js';

/** The goal's window has opened. */
export class GoalActivatedEvent extends GoalChangedEvent<Pick<GoalStepped, 'scheduled_for'>> {
  readonly type = 'goal.activated';
}

/** The goal has closed before its last level was reached: with its window, or before if its show has begun. */
export class GoalExpiredEvent extends GoalChangedEvent<Pick<GoalStepped, 'scheduled_for'>> {
  readonly type = 'goal.expired';
}

/** The goal was cancelled, on its own or with its session. */
export class GoalCancelledEvent extends GoalChangedEvent<Pick<GoalStepped, 'scheduled_for'>> {
  readonly type = 'goal.cancelled';
}

/** Any event of a goal's life. */
export type LifecycleEvent = GoalActivatedEvent | GoalExpiredEvent | GoalCancelledEvent;

/** Every event of a goal's life. */
export const lifecycleEvents = [GoalActivatedEvent, GoalExpiredEvent, GoalCancelledEvent];
