import { RealtimeModule } from '#realtime';
import { SessionsModule } from '#sessions';
import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ChannelCache } from './channel-cache/channel-cache.js';
import { FeedController } from './feed/feed.controller.js';
import { FEED_MODEL, feedSchema } from './feed/feed.schema.js';
import { FeedStore } from './feed/feed.store.js';
import { AuthorizeReceiver } from './goal-added/authorize/authorize.receiver.js';
import { ChannelCacheReceiver } from './goal-added/channel-cache/channel-cache.receiver.js';
import { FeedReceiver } from './goal-added/feed/feed.receiver.js';
import { NotifyReceiver } from './goal-added/notify/notify.receiver.js';

@Module({
  imports: [MongooseModule.forFeature([{ name: FEED_MODEL, schema: feedSchema }])],
  providers: [FeedStore],
  exports: [FeedStore],
})
class FeedModule {}

/** The receivers of GoalAddedEvent, for the worker. */
@Module({
  imports: [FeedModule, RealtimeModule],
  providers: [ChannelCache, FeedReceiver, NotifyReceiver, AuthorizeReceiver, ChannelCacheReceiver],
})
export class LivestreamWorkerModule {}

/** The endpoints of the livestream, for the api. */
@Module({ imports: [FeedModule, SessionsModule], controllers: [FeedController] })
export class LivestreamApiModule {}
