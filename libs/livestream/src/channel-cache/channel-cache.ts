import { InjectRedis, RedisKeys } from '#platform';
import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';

/** Keeps in Redis what a subscriber of a stream's channels is told, by streamer. */
@Injectable()
export class ChannelCache {
  constructor(
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: RedisKeys,
  ) {}

  /** Drops what is kept of a streamer's channels, so that the next subscriber gets it fresh. */
  async drop(streamerId: string): Promise<void> {
    await this.redis.del(this.keys.of('channel-data', streamerId));
  }
}
