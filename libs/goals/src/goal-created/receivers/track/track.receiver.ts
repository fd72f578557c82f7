import { TrackQueue } from '#analytics';
import { type EventReceiver, Receiver } from '#platform';
import { GoalCreatedEvent } from '../../goal-created.event.js';

/** Hands the new goal to analytics, which cannot delay it: a job of its own does the writing. */
@Receiver({ name: 'track', event: GoalCreatedEvent })
export class TrackReceiver implements EventReceiver<GoalCreatedEvent> {
  constructor(private readonly analytics: TrackQueue) {}

  async receive({ id, type, data, occurredAt }: GoalCreatedEvent): Promise<void> {
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
