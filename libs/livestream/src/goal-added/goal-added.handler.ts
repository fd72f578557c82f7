import { goalTypes } from '#contracts';
import { Durable, type DurableEventHandler } from '#platform';
import { Channels, Realtime } from '#realtime';
import { EventsHandler } from '@nestjs/cqrs';
import { ChannelCache } from '../channel-cache/channel-cache.js';
import { FeedStore } from '../feed/feed.store.js';
import { GoalAddedEvent } from './goal-added.event.js';

/** Puts one entry into the feed of the livestream. */
@EventsHandler(GoalAddedEvent)
@Durable({ name: 'feed' })
export class FeedHandler implements DurableEventHandler<GoalAddedEvent> {
  constructor(private readonly feed: FeedStore) {}

  async handle({ id, type, data, occurredAt }: GoalAddedEvent): Promise<void> {
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

/** Pushes to every screen of the stream that a goal was added. */
@EventsHandler(GoalAddedEvent)
@Durable({ name: 'notify', queue: 'push' })
export class NotifyHandler implements DurableEventHandler<GoalAddedEvent> {
  constructor(
    private readonly realtime: Realtime,
    private readonly channels: Channels,
  ) {}

  async handle({ id, type, data }: GoalAddedEvent): Promise<void> {
    await this.realtime.send(this.channels.stream(data.streamer_id), type, {
      event_id: id,
      ...data,
      goal_type: goalTypes[data._cls],
    });
  }
}

/** Drops the cached channel data, which does not contain the new goal yet. */
@EventsHandler(GoalAddedEvent)
@Durable({ name: 'channel-cache' })
export class ChannelCacheHandler implements DurableEventHandler<GoalAddedEvent> {
  constructor(private readonly cache: ChannelCache) {}

  async handle({ data }: GoalAddedEvent): Promise<void> {
    await this.cache.drop(data.streamer_id);
  }
}
