import { GoalAddedEvent } from '#livestream';
import type { EventReceiver } from '#platform';
import type { BoundSession } from '#sessions';
import { Injectable } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import { GoalStore } from '../goal/goal.store.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import type { GoalCreatedEvent } from './goal-created.event.js';

/** What binders share: a goal that cannot be bound shows as failed, until a replay binds it. */
@Injectable()
export abstract class GoalBinder implements EventReceiver<GoalCreatedEvent> {
  protected abstract readonly name: string;

  constructor(protected readonly goals: GoalStore) {}

  abstract receive(event: GoalCreatedEvent): Promise<void>;

  async onDead({ data }: GoalCreatedEvent, { message }: Error): Promise<void> {
    await this.goals.markFailed(data.goal_id, this.name, message);
  }

  async onRevived({ data }: GoalCreatedEvent): Promise<void> {
    await this.goals.clearFailure(data.goal_id, this.name);
  }
}

/** What binders to a session share: once bound, the livestream is told. */
@Injectable()
export abstract class SessionBinder extends GoalBinder {
  constructor(
    goals: GoalStore,
    private readonly events: EventBus,
    private readonly lifecycle: Lifecycle,
  ) {
    super(goals);
  }

  async receive(event: GoalCreatedEvent): Promise<void> {
    const session = await this.bind(event);
    if (!session) return;
    const { goal_id, _cls, conditions, context } = event.data;
    await this.events.publish(
      new GoalAddedEvent(
        {
          goal_id,
          _cls,
          conditions,
          context,
          session_id: conditions.session_id,
          streamer_id: session.streamerId,
        },
        event.occurredAt,
      ),
    );
    // The session ended while the goal was on its way, so whoever closed its goals did not see this one.
    if (!session.active) await this.lifecycle.cancel(goal_id, 'session_ended');
  }

  /** Binds the goal; undefined where the goal is over and its place is another's. */
  protected abstract bind(event: GoalCreatedEvent): Promise<BoundSession | undefined>;
}
