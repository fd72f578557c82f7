import { AppConfig, RedisKeys } from '#platform';
import { Module } from '@nestjs/common';
import { Redis } from 'ioredis';
import { ChannelEncryption } from './channel-encryption.js';
import { Channels } from './channels.js';
import { ChannelSigner } from './pusher/channel-signer.js';
import { PusherRealtime } from './pusher/pusher-realtime.js';
import { Realtime } from './realtime.js';
import { RecordedController } from './recording/recorded.controller.js';
import { RecordedRealtime } from './recording/recorded-realtime.js';

/** The Realtime port with the driver that the configuration asks for. */
@Module({
  providers: [
    Channels,
    ChannelEncryption,
    ChannelSigner,
    {
      provide: Realtime,
      inject: [AppConfig, ChannelEncryption, Redis, RedisKeys],
      useFactory: (config: AppConfig, encryption: ChannelEncryption, redis: Redis, keys: RedisKeys) =>
        config.pusher
          ? new PusherRealtime(config.pusher, encryption)
          : new RecordedRealtime(encryption, redis, keys),
    },
  ],
  exports: [Realtime, Channels, ChannelEncryption, ChannelSigner],
})
export class RealtimeModule {}

/** The endpoints of realtime, for the api. */
@Module({ imports: [RealtimeModule], controllers: [RecordedController] })
export class RealtimeApiModule {}
