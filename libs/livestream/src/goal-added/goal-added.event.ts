import type { GoalAdded } from '#contracts';
import { DurableEvent } from '#platform';

/** A goal is bound to its session and may be shown on the stream. */
export class GoalAddedEvent extends DurableEvent<GoalAdded> {
  readonly type = 'goal.added';

  get subject(): string {
    return this.data.goal_id;
  }

  get route(): string {
    return this.data._cls;
  }
}
