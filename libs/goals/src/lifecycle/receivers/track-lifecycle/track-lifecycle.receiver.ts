import { TrackQueue } from '#analytics';
import { type EventReceiver, Receiver } from '#platform';
import { type LifecycleEvent, lifecycleEvents } from '../../lifecycle.events.js';

/** Hands each step of a goal's life to analytics. */
@Receiver({ name: 'track-lifecycle', event: lifecycleEvents })
export class TrackLifecycleReceiver implements EventReceiver<LifecycleEvent> {
  constructor(private readonly analytics: TrackQueue) {}

  async receive(event: LifecycleEvent): Promise<void> {
    const { goal, scheduled_for } = event.data;
    const { goal_id, metadata, ...snapshot } = goal;
    await this.analytics.add({
      event_id: event.id,
      event: event.type,
      goal_id,
      user_id: typeof metadata.user_id === 'string' ? metadata.user_id : null,
      properties: { ...snapshot, scheduled_for },
      occurred_at: event.occurredAt.toISOString(),
    });
  }
}
