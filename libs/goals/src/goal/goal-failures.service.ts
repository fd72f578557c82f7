import type { Goal, GoalFailed } from '#contracts';
import { DurableEvent, idFrom } from '#platform';
import { Injectable } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import type { GoalFailure } from './goal.schema.js';
import { GoalStore } from './goal.store.js';
import { toGoal } from './goal.view.js';

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

/** Notes on goals what left them incomplete, and tells of it. */
@Injectable()
export class GoalFailures {
  constructor(
    private readonly goals: GoalStore,
    private readonly events: EventBus,
  ) {}

  /**
   * Notes that something died that the goal needs, and tells of it, unless the goal shows as failed already because of another.
   * `unstored` is the goal as it is told of where it never was stored. May be repeated.
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

  /** Takes a note back: what had died went through. */
  async clear(goalId: string, handler: string): Promise<void> {
    await this.goals.clearFailure(goalId, handler);
  }
}
