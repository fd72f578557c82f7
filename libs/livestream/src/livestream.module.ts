import { ContributionsModule } from '#contributions';
import { RealtimeModule, realtimeQueues, RealtimeWorkerModule } from '#realtime';
import { SessionsModule } from '#sessions';
import { BullModule } from '@nestjs/bull';
import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ChannelCache } from './channel-cache/channel-cache.js';
import { FeedController } from './feed/feed.controller.js';
import { FEED_MODEL, feedSchema } from './feed/feed.schema.js';
import { FeedStore } from './feed/feed.store.js';
import { AuthorizeProcessor } from './goal-added/authorize/authorize.processor.js';
import { AuthorizeQueue, authorizeViewers } from './goal-added/authorize/authorize.queue.js';
import { ViewerNews } from './goal-added/authorize/viewer-news.js';
import { AuthorizeReceiver } from './goal-added/authorize/authorize.receiver.js';
import { ChannelCacheReceiver } from './goal-added/channel-cache/channel-cache.receiver.js';
import { FeedReceiver } from './goal-added/feed/feed.receiver.js';
import { NotifyReceiver } from './goal-added/notify/notify.receiver.js';

@Module({
  imports: [MongooseModule.forFeature([{ name: FEED_MODEL, schema: feedSchema }])],
  providers: [FeedStore],
  exports: [FeedStore],
})
export class FeedModule {}

/** The queues of the livestream, with those of what it sends by. */
export const livestreamQueues = [authorizeViewers, ...realtimeQueues];

/** Who may be told that they may watch: for those who sell tickets, and for those who tell. */
@Module({
  imports: [BullModule.registerQueue({ name: authorizeViewers })],
  providers: [AuthorizeQueue],
  exports: [AuthorizeQueue, BullModule],
})
export class AuthorizeQueueModule {}

/** What is kept of a streamer's channels: for those who ask it, and for those who drop it. */
@Module({
  imports: [SessionsModule],
  providers: [ChannelCache],
  exports: [ChannelCache],
})
export class ChannelCacheModule {}

/** The receivers of GoalAddedEvent, for the worker. */
@Module({
  imports: [
    FeedModule,
    ChannelCacheModule,
    RealtimeModule,
    RealtimeWorkerModule,
    ContributionsModule,
    AuthorizeQueueModule,
  ],
  providers: [
    FeedReceiver,
    NotifyReceiver,
    AuthorizeReceiver,
    AuthorizeProcessor,
    ViewerNews,
    ChannelCacheReceiver,
  ],
})
export class LivestreamWorkerModule {}

/** The endpoints of the livestream, for the api. */
@Module({
  imports: [FeedModule, SessionsModule],
  controllers: [FeedController],
})
export class LivestreamApiModule {}
