import { RedisKeys } from '#platform';
import { BullModule } from '@nestjs/bull';
import { Module } from '@nestjs/common';
import { Redis } from 'ioredis';
import { ChannelEncryption, Channels } from './channels.js';
import { ChannelSigner } from './pusher/channel-signer.js';
import { PusherRealtime } from './pusher/pusher-realtime.js';
import { PushMetrics } from './push-metrics.js';
import { Realtime } from './realtime.js';
import { RefusedPushProcessor } from './refused-push.processor.js';
import { refusedPush, RefusedPushQueue } from './refused-push.queue.js';
import { RecordedController } from './recording/recorded.controller.js';
import { RecordedRealtime } from './recording/recorded-realtime.js';
import { RealtimeConfig } from './realtime.config.js';

/** The queues of realtime. */
export const realtimeQueues = [refusedPush];

/** Realtime with the driver that the configuration selects. */
@Module({
  imports: [BullModule.registerQueue(...realtimeQueues.map((name) => ({ name })))],
  providers: [
    RefusedPushQueue,
    PushMetrics,
    Channels,
    ChannelEncryption,
    ChannelSigner,
    {
      provide: Realtime,
      inject: [RealtimeConfig, ChannelEncryption, RefusedPushQueue, PushMetrics, Redis, RedisKeys],
      useFactory: (
        config: RealtimeConfig,
        encryption: ChannelEncryption,
        refused: RefusedPushQueue,
        metrics: PushMetrics,
        redis: Redis,
        keys: RedisKeys,
      ) =>
        config.pusher
          ? new PusherRealtime(config.pusher, encryption, refused, metrics)
          : new RecordedRealtime(encryption, refused, metrics, redis, keys),
    },
  ],
  exports: [Realtime, Channels, ChannelEncryption, ChannelSigner, BullModule],
})
export class RealtimeModule {}

/** The processor of refused events, for the worker. */
@Module({ imports: [RealtimeModule], providers: [RefusedPushProcessor] })
export class RealtimeWorkerModule {}

/** The endpoints of realtime, for the api. */
@Module({ imports: [RealtimeModule], controllers: [RecordedController] })
export class RealtimeApiModule {}
