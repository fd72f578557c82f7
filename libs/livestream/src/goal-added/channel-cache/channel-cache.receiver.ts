import { type EventReceiver, Receiver } from '#platform';
import { ChannelCache } from '../../channel-cache/channel-cache.js';
import { GoalAddedEvent } from '../goal-added.event.js';

/** Drops the cached channel data, which does not know the new goal yet. */
@Receiver({ name: 'channel-cache', event: GoalAddedEvent })
export class ChannelCacheReceiver implements EventReceiver<GoalAddedEvent> {
  constructor(private readonly cache: ChannelCache) {}

  async receive({ data }: GoalAddedEvent): Promise<void> {
    await this.cache.drop(data.streamer_id);
  }
}
