import { goalTypes } from '#contracts';
import { type EventReceiver, Receiver } from '#platform';
import { Channels, Realtime } from '#realtime';
import { GoalAddedEvent } from '../goal-added.event.js';

/** Tells every screen of the stream that a goal was added. */
@Receiver({ name: 'notify', event: GoalAddedEvent, lane: 'push' })
export class NotifyReceiver implements EventReceiver<GoalAddedEvent> {
  constructor(
    private readonly realtime: Realtime,
    private readonly channels: Channels,
  ) {}

  isPrompt(): boolean {
    return this.realtime.isPrompt;
  }

  async receive({ id, type, data }: GoalAddedEvent): Promise<void> {
    await this.realtime.send(this.channels.stream(data.streamer_id), type, {
      event_id: id,
      ...data,
      goal_type: goalTypes[data._cls],
    });
  }
}
