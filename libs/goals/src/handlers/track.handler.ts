import { TrackQueue } from '#analytics';
import { Durable, type DurableEventHandler } from '#platform';
import { EventsHandler } from '@nestjs/cqrs';
import { GoalCreatedEvent } from '../goal/new-goal.js';

/** Hands the new goal to analytics. Analytics cannot delay it: a job of its own does the writing. */
@EventsHandler(GoalCreatedEvent)
@Durable({ name: 'track' })
export class TrackHandler implements DurableEventHandler<GoalCreatedEvent> {
  constructor(private readonly analytics: TrackQueue) {}

  async handle({ id, type, data, occurredAt }: GoalCreatedEvent): Promise<void> {
    const { goal_id, metadata, ...properties } = data;
    await this.analytics.add({
      event_id: id,
      event: type,
      goal_id,
      user_id: metadata.user_id,
      properties,
      occurred_at: occurredAt.toISOString(),
    });
  }
}
