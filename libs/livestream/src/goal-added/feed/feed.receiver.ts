import { type EventReceiver, Receiver } from '#platform';
import { FeedStore } from '../../feed/feed.store.js';
import { GoalAddedEvent } from '../goal-added.event.js';

/** Puts one entry into the feed of the livestream. */
@Receiver({ name: 'feed', event: GoalAddedEvent })
export class FeedReceiver implements EventReceiver<GoalAddedEvent> {
  constructor(private readonly feed: FeedStore) {}

  async receive({ id, type, data, occurredAt }: GoalAddedEvent): Promise<void> {
    await this.feed.add({
      feedId: id,
      type,
      sessionId: data.session_id,
      streamerId: data.streamer_id,
      goalId: data.goal_id,
      goalClass: data._cls,
      context: data.context,
      at: occurredAt,
    });
  }
}
