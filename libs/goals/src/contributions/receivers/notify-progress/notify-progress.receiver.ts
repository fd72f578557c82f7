import { type EventReceiver, Receiver } from '#platform';
import { Channels, Realtime, type RealtimeNews } from '#realtime';
import { SessionStore } from '#sessions';
import { completedId, GoalProgressedEvent, levelReachedId } from '../../goal-progressed.event.js';
import { type Told, ToldProgress } from './told.js';

/**
 * Tells every screen of the stream how far the goal is: each level once and in order, the end once, the progress by its
 * latest version. What an earlier delivery could not tell is told by the next one.
 */
@Receiver({ name: 'notify-progress', event: GoalProgressedEvent, lane: 'push' })
export class NotifyProgressReceiver implements EventReceiver<GoalProgressedEvent> {
  constructor(
    private readonly sessions: SessionStore,
    private readonly told: ToldProgress,
    private readonly realtime: Realtime,
    private readonly channels: Channels,
  ) {}

  isPrompt(): boolean {
    return this.realtime.isPrompt;
  }

  async receive(event: GoalProgressedEvent): Promise<void> {
    const { goal } = event.data;
    const session = await this.sessions.find(goal.conditions.session_id);
    if (!session) return;
    const channel = this.channels.stream(session.user.toHexString());
    await this.told.advance(goal.goal_id, async (told) => {
      const news = newsSince(told, event).map(({ name, payload }) => ({ channel, name, payload }));
      if (news.length > 0) await this.realtime.sendAll(news);
      return {
        version: Math.max(told.version, goal.version),
        level: Math.max(told.level, goal.level),
        completed: told.completed || goal.status === 'completed',
      };
    });
  }
}

function newsSince(told: Told, event: GoalProgressedEvent): Omit<RealtimeNews, 'channel'>[] {
  const { goal } = event.data;
  const snapshot = {
    ...goal,
    session_id: goal.conditions.session_id,
    occurred_at: event.occurredAt.toISOString(),
  };
  const news: Omit<RealtimeNews, 'channel'>[] = [];
  for (let level = told.level + 1; level <= goal.level; level++)
    news.push({
      name: 'goal.level_reached',
      payload: { ...snapshot, event_id: levelReachedId(goal.goal_id, level), level_reached: level },
    });
  if (goal.version > told.version)
    news.push({ name: 'goal.progressed', payload: { ...snapshot, event_id: event.id } });
  if (goal.status === 'completed' && !told.completed)
    news.push({ name: 'goal.completed', payload: { ...snapshot, event_id: completedId(goal.goal_id) } });
  return news;
}
