import { InjectRedis, RedisKeys } from '#platform';
import { SessionStore } from '#sessions';
import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';

const TTL_SECONDS = 60;

/** What decides whether a viewer may subscribe to a streamer's channels. */
export interface ChannelData {
  /** Funding goals of the streamer's running sessions: a ticket for one of them may open the viewer's own channel. */
  fundingGoalIds: string[];
}

/**
 * Caches in Redis the funding goals of a streamer, for up to a minute. Whether a viewer has a valid ticket for one of them is
 * not cached.
 */
@Injectable()
export class ChannelCache {
  constructor(
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: RedisKeys,
    private readonly sessions: SessionStore,
  ) {}

  /** The channel data of a streamer, from the cache or else from the sessions. */
  async get(streamerId: string): Promise<ChannelData> {
    const cached = await this.redis.get(this.keyOf(streamerId));
    return cached ? (JSON.parse(cached) as ChannelData) : this.refresh(streamerId);
  }

  /** Reads the channel data of a streamer from the sessions, and caches it. */
  async refresh(streamerId: string): Promise<ChannelData> {
    const data = { fundingGoalIds: await this.sessions.fundingGoalsOf(streamerId) };
    await this.redis.set(this.keyOf(streamerId), JSON.stringify(data), 'EX', TTL_SECONDS);
    return data;
  }

  /** Deletes the cached data of a streamer, so that the next subscriber gets new data. */
  async drop(streamerId: string): Promise<void> {
    await this.redis.del(this.keyOf(streamerId));
  }

  private keyOf(streamerId: string): string {
    return this.keys.of('channel-data', streamerId);
  }
}
