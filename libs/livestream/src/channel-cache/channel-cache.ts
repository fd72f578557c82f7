import { InjectRedis, RedisKeys } from '#platform';
import { SessionStore } from '#sessions';
import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';

const keptSeconds = 60;

/** What decides who may join the channels of a streamer. */
export interface ChannelData {
  /** Funding goals of the streamer's running sessions: a ticket for one of them opens the viewer's own channel. */
  fundingGoalIds: string[];
}

/** Keeps in Redis what a subscriber of a streamer's channels is checked against; read anew when it is not there. */
@Injectable()
export class ChannelCache {
  constructor(
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: RedisKeys,
    private readonly sessions: SessionStore,
  ) {}

  /** The channel data of a streamer. */
  async get(streamerId: string): Promise<ChannelData> {
    const key = this.keyOf(streamerId);
    const kept = await this.redis.get(key);
    if (kept) return JSON.parse(kept) as ChannelData;
    const data = { fundingGoalIds: await this.sessions.fundingGoalsOf(streamerId) };
    await this.redis.set(key, JSON.stringify(data), 'EX', keptSeconds);
    return data;
  }

  /** Drops what is kept of a streamer's channels, so that the next subscriber gets it fresh. */
  async drop(streamerId: string): Promise<void> {
    await this.redis.del(this.keyOf(streamerId));
  }

  private keyOf(streamerId: string): string {
    return this.keys.of('channel-data', streamerId);
  }
}
