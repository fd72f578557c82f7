import type { EventReceiver } from '#platform';
import { Injectable } from '@nestjs/common';
import { GoalStore } from '../goal/goal.store.js';
import type { GoalCreatedEvent } from './goal-created.event.js';

/** What binders share: a goal that cannot be bound shows as failed, until a replay binds it. */
@Injectable()
export abstract class GoalBinder implements EventReceiver<GoalCreatedEvent> {
  constructor(protected readonly goals: GoalStore) {}

  abstract receive(event: GoalCreatedEvent): Promise<void>;

  async onDead({ data }: GoalCreatedEvent, { message }: Error, receiver: string): Promise<void> {
    await this.goals.markFailed(data.goal_id, receiver, message);
  }

  async onRevived({ data }: GoalCreatedEvent, receiver: string): Promise<void> {
    await this.goals.clearFailure(data.goal_id, receiver);
  }
}
