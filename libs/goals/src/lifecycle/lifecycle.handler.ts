import { TrackQueue } from '#analytics';
import { Durable, type DurableEventHandler } from '#platform';
import { Channels, Realtime } from '#realtime';
import { SessionStore } from '#sessions';
import { EventsHandler } from '@nestjs/cqrs';
import { type OutboxEvent, outboxEvents } from '../goal/goal-changed.event.js';

/** Pushes each step of a goal's life, and each change of its fields, to the screens of the stream. */
@EventsHandler(...outboxEvents)
@Durable({ name: 'notify-lifecycle', queue: 'push' })
export class NotifyLifecycleHandler implements DurableEventHandler<OutboxEvent> {
  constructor(
    private readonly sessions: SessionStore,
    private readonly realtime: Realtime,
    private readonly channels: Channels,
  ) {}

  async handle(event: OutboxEvent): Promise<void> {
    const { goal, ...details } = event.data;
    const streamerId = await this.sessions.streamerOf(goal.conditions.session_id);
    if (streamerId === undefined) return;
    await this.realtime.send(this.channels.stream(streamerId), event.type, {
      ...goal,
      event_id: event.id,
      session_id: goal.conditions.session_id,
      ...details,
      occurred_at: event.occurredAt.toISOString(),
    });
  }
}

/** Hands each step of a goal's life, and each change of its fields, to analytics. */
@EventsHandler(...outboxEvents)
@Durable({ name: 'track-lifecycle' })
export class TrackLifecycleHandler implements DurableEventHandler<OutboxEvent> {
  constructor(private readonly analytics: TrackQueue) {}

  async handle(event: OutboxEvent): Promise<void> {
    const { goal, ...details } = event.data;
    const { goal_id, metadata, ...snapshot } = goal;
    await this.analytics.add({
      event_id: event.id,
      event: event.type,
      goal_id,
      user_id: typeof metadata.user_id === 'string' ? metadata.user_id : null,
      properties: { ...snapshot, ...details },
      occurred_at: event.occurredAt.toISOString(),
    });
  }
}
