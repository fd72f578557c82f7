import type { GoalFailed } from '#contracts';
import { DurableEvent, idFrom } from '#platform';

/** A goal that was accepted could not be made whole; whoever replays what died may make it so yet. */
export class GoalFailedEvent extends DurableEvent<GoalFailed> {
  readonly type = 'goal.failed';

  get subject(): string {
    return this.data.goal.goal_id;
  }

  get route(): string {
    return this.data.goal._cls;
  }

  /** A goal may fail, be replayed and fail again: each is an event of its own. */
  override get id(): string {
    return idFrom(this.type, this.subject, this.data.failure);
  }
}
