import type { Goal, GoalFailed } from '#contracts';
import { DurableEvent, idFrom } from '#platform';
import { Injectable } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import type { GoalFailure } from './goal.schema.js';
import { GoalStore } from './goal.store.js';
import { toGoal } from './goal.view.js';

/** An accepted goal is incomplete, since a job failed for good. A replay of the job may still complete it. */
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

/** Records on goals which failure left them incomplete, and publishes it. */
@Injectable()
export class GoalFailures {
  constructor(
    private readonly goals: GoalStore,
    private readonly events: EventBus,
  ) {}

  /**
   * Records a failure and publishes it, unless the goal shows another failure already. `unstored` is the goal to publish if it
   * was never stored. May be repeated.
   */
  async note(goalId: string, failure: GoalFailure, unstored?: Goal): Promise<void> {
    const stored = await this.goals.markFailed(goalId, failure);
    if (stored?.released) return;
    const shows = stored?.failures?.[0];
    if (shows && shows.handler !== failure.handler) return;
    const goal = stored ? toGoal(stored) : unstored;
    if (!goal) return;
    const { handler, failure_id } = failure;
    await this.events.publish(new GoalFailedEvent({ goal, failure: `${handler}.${failure_id}` }));
  }

  /** Removes a failure after a successful replay. */
  async clear(goalId: string, handler: string): Promise<void> {
    await this.goals.clearFailure(goalId, handler);
  }
}
