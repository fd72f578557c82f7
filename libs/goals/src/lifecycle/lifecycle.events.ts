import type { GoalChanged } from '#contracts';
import { DurableEvent } from '#platform';

/** A step in the life of a goal; each happens once, so its id is that of the goal and the step. */
abstract class GoalChangedEvent extends DurableEvent<GoalChanged> {
  get subject(): string {
    return this.data.goal.goal_id;
  }

  get route(): string {
    return this.data.goal._cls;
  }
}

/** The goal's window has opened. */
export class GoalActivatedEvent extends GoalChangedEvent {
  readonly type = 'goal.activated';
}

/** The goal's window has closed before its last level was reached. */
export class GoalExpiredEvent extends GoalChangedEvent {
  readonly type = 'goal.expired';
}

/** The goal was cancelled, on its own or with its session. */
export class GoalCancelledEvent extends GoalChangedEvent {
  readonly type = 'goal.cancelled';
}

/** Any event of a goal's life. */
export type LifecycleEvent = GoalActivatedEvent | GoalExpiredEvent | GoalCancelledEvent;

/** Every event of a goal's life. */
export const lifecycleEvents = [GoalActivatedEvent, GoalExpiredEvent, GoalCancelledEvent];
