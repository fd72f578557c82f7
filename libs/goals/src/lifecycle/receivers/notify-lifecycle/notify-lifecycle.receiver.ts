import { type EventReceiver, Receiver } from '#platform';
import { Channels, Realtime } from '#realtime';
import { SessionStore } from '#sessions';
import { type LifecycleEvent, lifecycleEvents } from '../../lifecycle.events.js';

/** Tells every screen of the stream what became of a goal. */
@Receiver({ name: 'notify-lifecycle', event: lifecycleEvents, lane: 'push' })
export class NotifyLifecycleReceiver implements EventReceiver<LifecycleEvent> {
  constructor(
    private readonly sessions: SessionStore,
    private readonly realtime: Realtime,
    private readonly channels: Channels,
  ) {}

  isPrompt(): boolean {
    return this.realtime.isPrompt;
  }

  async receive(event: LifecycleEvent): Promise<void> {
    const { goal, scheduled_for } = event.data;
    const session = await this.sessions.find(goal.conditions.session_id);
    if (!session) return;
    await this.realtime.send(this.channels.stream(session.user.toHexString()), event.type, {
      ...goal,
      event_id: event.id,
      session_id: goal.conditions.session_id,
      scheduled_for,
      occurred_at: event.occurredAt.toISOString(),
    });
  }
}
