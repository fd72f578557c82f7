import { ContributionsModule } from '#contributions';
import { RealtimeModule, realtimeQueues, RealtimeWorkerModule } from '#realtime';
import { SessionsModule } from '#sessions';
import { BullModule } from '@nestjs/bull';
import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ChannelCache } from './channel-cache.js';
import { FeedController } from './feed/feed.controller.js';
import { FEED_MODEL, feedSchema } from './feed/feed.schema.js';
import { FeedStore } from './feed/feed.store.js';
import { AuthorizeProcessor, TicketBuyerNotifier } from './goal-added/authorize.processor.js';
import { AuthorizeQueue, authorizeViewers } from './goal-added/authorize.queue.js';
import { RevokeProcessor } from './revoke/revoke.processor.js';
import { RevokeQueue, revokeViewers } from './revoke/revoke.queue.js';
import {
  AuthorizeHandler,
  ChannelCacheHandler,
  FeedHandler,
  NotifyHandler,
} from './goal-added/goal-added.handler.js';

@Module({
  imports: [MongooseModule.forFeature([{ name: FEED_MODEL, schema: feedSchema }])],
  providers: [FeedStore],
  exports: [FeedStore],
})
export class FeedModule {}

/** The queues of the livestream and of realtime. */
export const livestreamQueues = [authorizeViewers, revokeViewers, ...realtimeQueues];

/** The queues of notifications to the viewers of shows: for the contributions, and for the worker. */
@Module({
  imports: [BullModule.registerQueue({ name: authorizeViewers }, { name: revokeViewers })],
  providers: [AuthorizeQueue, RevokeQueue],
  exports: [AuthorizeQueue, RevokeQueue, BullModule],
})
export class ViewerQueuesModule {}

/** The cached channel data: for the channel authorization, and for the handlers that delete it. */
@Module({
  imports: [SessionsModule],
  providers: [ChannelCache],
  exports: [ChannelCache],
})
export class ChannelCacheModule {}

/** The handlers of GoalAddedEvent, for the worker. */
@Module({
  imports: [
    FeedModule,
    ChannelCacheModule,
    RealtimeModule,
    RealtimeWorkerModule,
    ContributionsModule,
    ViewerQueuesModule,
  ],
  providers: [
    FeedHandler,
    NotifyHandler,
    AuthorizeHandler,
    AuthorizeProcessor,
    RevokeProcessor,
    TicketBuyerNotifier,
    ChannelCacheHandler,
  ],
})
export class LivestreamWorkerModule {}

/** The endpoints of the livestream, for the api. */
@Module({
  imports: [FeedModule, SessionsModule],
  controllers: [FeedController],
})
export class LivestreamApiModule {}
