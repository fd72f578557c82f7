import type { NewGoal } from '#contracts';
import { DurableEvent } from '#platform';

/** A goal is stored; now its class decides who binds, tracks, snapshots and schedules it. */
export class GoalCreatedEvent extends DurableEvent<NewGoal> {
  readonly type = 'goal.created';

  get subject(): string {
    return this.data.goal_id;
  }

  get route(): string {
    return this.data._cls;
  }
}
