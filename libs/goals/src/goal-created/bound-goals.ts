import { GoalAddedEvent } from '#livestream';
import type { BoundSession } from '#sessions';
import { Injectable } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import { GoalTimings } from '../goal-timings.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import type { GoalCreatedEvent } from './goal-created.event.js';

/** What follows once a goal is bound to its session, whichever receiver bound it. */
@Injectable()
export class BoundGoals {
  constructor(
    private readonly events: EventBus,
    private readonly lifecycle: Lifecycle,
    private readonly timings: GoalTimings,
  ) {}

  /** Tells the livestream of the goal. */
  async announce(
    { data, occurredAt }: GoalCreatedEvent,
    { streamerId, active }: BoundSession,
  ): Promise<void> {
    const { goal_id, _cls, conditions, context } = data;
    const { session_id } = conditions;
    await this.events.publish(
      new GoalAddedEvent(
        { goal_id, _cls, conditions, context, session_id, streamer_id: streamerId },
        occurredAt,
      ),
    );
    this.timings.bound(_cls, occurredAt);
    // The session ended while the goal was on its way, so whoever closed its goals did not see this one.
    if (!active) await this.lifecycle.cancel(goal_id, 'session_ended');
  }
}
