import { InjectRedis, RedisKeys } from '#platform';
import { SessionStore } from '#sessions';
import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';

const keptSeconds = 60;

/** What a subscriber of a streamer's channels is asked about. */
export interface ChannelData {
  /** Funding goals of the streamer's running sessions: a ticket for one of them may open the viewer's own channel. */
  fundingGoalIds: string[];
}

/**
 * Keeps in Redis which funding goals a subscriber of a streamer's channels may have a ticket for. It may be a minute old:
 * whether a ticket still holds is not kept.
 */
@Injectable()
export class ChannelCache {
  constructor(
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: RedisKeys,
    private readonly sessions: SessionStore,
  ) {}

  /** The channel data of a streamer, read from the sessions if none is kept. */
  async get(streamerId: string): Promise<ChannelData> {
    const kept = await this.redis.get(this.keyOf(streamerId));
    return kept ? (JSON.parse(kept) as ChannelData) : this.refresh(streamerId);
  }

  /** The channel data of a streamer as the sessions have it now. */
  async refresh(streamerId: string): Promise<ChannelData> {
    const data = { fundingGoalIds: await this.sessions.fundingGoalsOf(streamerId) };
    await this.redis.set(this.keyOf(streamerId), JSON.stringify(data), 'EX', keptSeconds);
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
