import { type EventReceiver, Receiver } from '#platform';
import { Channels, Realtime } from '#realtime';
import { GoalAddedEvent } from '../goal-added.event.js';

/** Tells those who may now watch the show, each on a channel of their own. Until tickets are sold that is the streamer. */
@Receiver({ name: 'authorize', event: GoalAddedEvent, lane: 'push' })
export class AuthorizeReceiver implements EventReceiver<GoalAddedEvent> {
  constructor(
    private readonly realtime: Realtime,
    private readonly channels: Channels,
  ) {}

  async receive({ id, data }: GoalAddedEvent): Promise<void> {
    const { goal_id, session_id, streamer_id } = data;
    await this.realtime.send(this.channels.viewer(streamer_id, streamer_id), 'stream.authorized', {
      event_id: id,
      goal_id,
      session_id,
      streamer_id,
      viewer_id: streamer_id,
    });
  }
}
