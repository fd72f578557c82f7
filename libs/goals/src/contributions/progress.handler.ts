import { TrackQueue } from '#analytics';
import { Durable, type DurableEventHandler } from '#platform';
import { Channels, Realtime, type RealtimeMessage } from '#realtime';
import { SessionStore } from '#sessions';
import { EventsHandler } from '@nestjs/cqrs';
import {
  completedId,
  fundedId,
  GoalProgressedEvent,
  levelReachedId,
} from '../publishing/goal-progressed.event.js';
import { PublishedProgress } from '../publishing/published-progress.js';

/**
 * Pushes to every screen of the stream how far the goal is: each level once and in order, the end once, the progress by its
 * latest version. What one delivery could not send, the next one sends first.
 */
@EventsHandler(GoalProgressedEvent)
@Durable({ name: 'notify-progress', queue: 'push' })
export class NotifyProgressHandler implements DurableEventHandler<GoalProgressedEvent> {
  constructor(
    private readonly sessions: SessionStore,
    private readonly published: PublishedProgress,
    private readonly realtime: Realtime,
    private readonly channels: Channels,
  ) {}

  /** Its place among the events of the goal is the one in which it was published. */
  beforeQueued(event: GoalProgressedEvent): Promise<void> {
    return this.published.add(event);
  }

  async handle(event: GoalProgressedEvent): Promise<void> {
    await this.published.drain(event, async (events) => {
      const streamerId = await this.sessions.streamerOf(event.data.goal.conditions.session_id);
      if (streamerId === undefined) return;
      const channel = this.channels.stream(streamerId);
      await this.realtime.sendAll(messagesOf(events).map((message) => ({ channel, ...message })));
    });
  }
}

/** The messages of successive events: only the last one says how far the goal is. */
function messagesOf(events: GoalProgressedEvent[]): Omit<RealtimeMessage, 'channel'>[] {
  return events.flatMap((event) => {
    const { goal, levels_reached, completes, funds } = event.data;
    const snapshot = {
      ...goal,
      session_id: goal.conditions.session_id,
      occurred_at: event.occurredAt.toISOString(),
    };
    const levels = levels_reached.map((level_reached) => ({
      name: 'goal.level_reached',
      payload: { ...snapshot, event_id: levelReachedId(goal.goal_id, level_reached), level_reached },
    }));
    const message = (name: string, event_id: string) => ({ name, payload: { ...snapshot, event_id } });
    return [
      ...levels,
      ...(funds ? [message('goal.funded', fundedId(goal.goal_id))] : []),
      ...(event === events.at(-1) ? [message('goal.progressed', event.id)] : []),
      ...(completes ? [message('goal.completed', completedId(goal.goal_id))] : []),
    ];
  });
}

/** Hands each level that was reached to analytics, and the end of the goal. */
@EventsHandler(GoalProgressedEvent)
@Durable({ name: 'track-progress' })
export class TrackProgressHandler implements DurableEventHandler<GoalProgressedEvent> {
  constructor(private readonly analytics: TrackQueue) {}

  isConcerned({ data: { levels_reached, funds, completes } }: GoalProgressedEvent): boolean {
    return levels_reached.length > 0 || funds || completes;
  }

  async handle({ data, occurredAt }: GoalProgressedEvent): Promise<void> {
    const { goal, levels_reached, completes, funds } = data;
    const { goal_id, metadata, ...snapshot } = goal;
    const track = (event: string, event_id: string, more: object = {}) =>
      this.analytics.add({
        event_id,
        event,
        goal_id,
        user_id: typeof metadata.user_id === 'string' ? metadata.user_id : null,
        properties: { ...snapshot, ...more },
        occurred_at: occurredAt.toISOString(),
      });
    for (const level_reached of levels_reached)
      await track('goal.level_reached', levelReachedId(goal_id, level_reached), { level_reached });
    if (funds) await track('goal.funded', fundedId(goal_id));
    if (completes) await track('goal.completed', completedId(goal_id));
  }
}
