import { type EventReceiver, Receiver } from '#platform';
import { Channels, Realtime, type RealtimeNews } from '#realtime';
import { SessionStore } from '#sessions';
import { completedId, GoalProgressedEvent, levelReachedId } from '../../goal-progressed.event.js';
import { PublishedProgress } from './published-progress.js';

/**
 * Shows every screen of the stream how far the goal is: each level once and in order, the end once, the progress by its
 * latest version. What a delivery could not send the next one sends first.
 */
@Receiver({ name: 'notify-progress', event: GoalProgressedEvent, lane: 'push' })
export class NotifyProgressReceiver implements EventReceiver<GoalProgressedEvent> {
  constructor(
    private readonly sessions: SessionStore,
    private readonly published: PublishedProgress,
    private readonly realtime: Realtime,
    private readonly channels: Channels,
  ) {}

  isPrompt(): boolean {
    return this.realtime.isPrompt;
  }

  async receive(event: GoalProgressedEvent): Promise<void> {
    const session = await this.sessions.find(event.data.goal.conditions.session_id);
    if (!session) return;
    const channel = this.channels.stream(session.user.toHexString());
    await this.published.drain(event, (events) =>
      this.realtime.sendAll(newsOf(events).map((news) => ({ channel, ...news }))),
    );
  }
}

/** What there is to say of events that follow on each other: of how far the goal is, the last one says enough. */
function newsOf(events: GoalProgressedEvent[]): Omit<RealtimeNews, 'channel'>[] {
  return events.flatMap((event) => {
    const { goal, levels_reached, completes } = event.data;
    const snapshot = {
      ...goal,
      session_id: goal.conditions.session_id,
      occurred_at: event.occurredAt.toISOString(),
    };
    const news = levels_reached.map((level_reached) => ({
      name: 'goal.level_reached',
      payload: { ...snapshot, event_id: levelReachedId(goal.goal_id, level_reached), level_reached },
    }));
    const say = (name: string, event_id: string) => ({ name, payload: { ...snapshot, event_id } });
    return [
      ...news,
      ...(event === events.at(-1) ? [say('goal.progressed', event.id)] : []),
      ...(completes ? [say('goal.completed', completedId(goal.goal_id))] : []),
    ];
  });
}
