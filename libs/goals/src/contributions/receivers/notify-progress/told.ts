import { InjectRedis, RedisKeys } from '#platform';
import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';

const lockMs = 15_000;
const keptSeconds = 30 * 24 * 3600;

/** What the screens of a stream have been told of a goal. */
export interface Told {
  version: number;
  level: number;
  completed: boolean;
}

const releaseScript = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

/** Remembers what was told of a goal, and lets one delivery at a time tell more, so that levels come in order and once. */
@Injectable()
export class ToldProgress {
  constructor(
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: RedisKeys,
  ) {}

  /** Tells more: `tell` gets what was told before and returns what is told by then. Throws while another delivery tells. */
  async advance(goalId: string, tell: (told: Told) => Promise<Told>): Promise<void> {
    const key = this.keys.of('told', goalId);
    const lock = this.keys.of('told-lock', goalId);
    const token = randomUUID();
    if ((await this.redis.set(lock, token, 'PX', lockMs, 'NX')) === null)
      throw new Error('another delivery tells of this goal right now');
    try {
      const kept = await this.redis.get(key);
      const told = kept ? (JSON.parse(kept) as Told) : { version: 0, level: 0, completed: false };
      await this.redis.set(key, JSON.stringify(await tell(told)), 'EX', keptSeconds);
    } finally {
      await this.redis.eval(releaseScript, 1, lock, token);
    }
  }
}
