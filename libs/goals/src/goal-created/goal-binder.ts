import { GoalAddedEvent } from '#livestream';
import type { EventReceiver } from '#platform';
import { Injectable } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import { GoalStore } from '../goal/goal.store.js';
import type { GoalCreatedEvent } from './goal-created.event.js';

/** What binders share: a goal that cannot be bound shows as failed, until a replay binds it. */
@Injectable()
export abstract class GoalBinder implements EventReceiver<GoalCreatedEvent> {
  protected abstract readonly name: string;

  constructor(
    protected readonly goals: GoalStore,
    private readonly events: EventBus,
  ) {}

  abstract receive(event: GoalCreatedEvent): Promise<void>;

  async onDead({ data }: GoalCreatedEvent, { message }: Error): Promise<void> {
    await this.goals.markFailed(data.goal_id, this.name, message);
  }

  async onRevived({ data }: GoalCreatedEvent): Promise<void> {
    await this.goals.clearFailure(data.goal_id, this.name);
  }

  /** Tells the livestream that the goal is bound to the session of this streamer. */
  protected async announce({ data, occurredAt }: GoalCreatedEvent, streamerId: string): Promise<void> {
    const { goal_id, _cls, conditions, context } = data;
    const { session_id } = conditions;
    await this.events.publish(
      new GoalAddedEvent(
        { goal_id, _cls, conditions, context, session_id, streamer_id: streamerId },
        occurredAt,
      ),
    );
  }
}
