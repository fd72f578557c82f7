import type { EventReceiver } from '#platform';
import { Inject, Injectable } from '@nestjs/common';
import { GoalFailures } from '../goal-failed/goal-failures.js';
import { GoalStore } from '../goal/goal.store.js';
import type { GoalCreatedEvent } from './goal-created.event.js';

/** What binders share: a goal that cannot be bound shows as failed, until a replay binds it. */
@Injectable()
export abstract class GoalBinder implements EventReceiver<GoalCreatedEvent> {
  @Inject(GoalFailures)
  private readonly failures: GoalFailures;

  constructor(protected readonly goals: GoalStore) {}

  /** Binds the goal, unless it was cancelled after it had failed to be bound: its place may be another's by now. */
  async receive(event: GoalCreatedEvent): Promise<void> {
    const goal = await this.goals.find(event.data.goal_id);
    if (!goal?.released) await this.bind(event);
  }

  protected abstract bind(event: GoalCreatedEvent): Promise<void>;

  async onDead(
    { data }: GoalCreatedEvent,
    { message }: Error,
    receiver: string,
    death: string,
  ): Promise<void> {
    await this.failures.note(data.goal_id, { receiver, reason: message, death });
  }

  async onRevived({ data }: GoalCreatedEvent, receiver: string): Promise<void> {
    await this.failures.clear(data.goal_id, receiver);
  }
}
