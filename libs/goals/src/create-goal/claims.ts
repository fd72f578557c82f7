import { Clock, InjectRedis, RedisKeys } from '#platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Redis } from 'ioredis';

/** As long as a dead job is kept that may still take its place by a replay. */
const keptSeconds = 14 * 24 * 3600;

/** A claim younger than this belongs to a request that may still be on its way into the queue. */
const settledAfterMs = 10_000;

/** Takes the claim, or gives it to a new holder where the old one turned out to be nobody; ARGV: value, old value, seconds. */
const takeOverScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
return 1`;

/** Gives a claim up where it is this goal's; ARGV: goal. */
const releaseScript = `
local kept = redis.call('GET', KEYS[1])
if kept and string.sub(kept, 1, #ARGV[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`;

interface ClaimCommands {
  releaseClaim(key: string, goalId: string): Promise<1>;
  takeOverClaim(key: string, value: string, oldValue: string, seconds: number): Promise<0 | 1>;
}

/**
 * Makes sure that of all requests that race for one place, such as the show goal of a funding goal, one alone is accepted
 * while none of them is stored yet. What is stored is held by the data itself.
 */
@Injectable()
export class Claims implements OnModuleInit {
  constructor(
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: RedisKeys,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.redis.defineCommand('takeOverClaim', { numberOfKeys: 1, lua: takeOverScript });
    this.redis.defineCommand('releaseClaim', { numberOfKeys: 1, lua: releaseScript });
  }

  /**
   * Claims a place for a goal. Returns undefined where it is this goal's now, or else the goal that has it. A holder
   * loses the place where `holds` says no, and where nobody knows of it although it had its time.
   */
  async take(
    place: string[],
    goalId: string,
    holds: (goalId: string) => Promise<boolean | undefined>,
  ): Promise<string | undefined> {
    const key = this.keys.of('claim', ...place);
    const value = `${goalId}.${this.clock.now().getTime()}`;
    const kept = await this.redis.set(key, value, 'EX', keptSeconds, 'NX', 'GET');
    if (kept === null) return undefined;
    const [holder = '', since = '0'] = kept.split('.');
    if (holder === goalId) return undefined;
    const stillHolds = (await holds(holder)) ?? this.clock.now().getTime() - Number(since) < settledAfterMs;
    if (stillHolds) return holder;
    const redis = this.redis as unknown as ClaimCommands;
    const taken = await redis.takeOverClaim(key, value, kept, keptSeconds);
    return taken === 1 ? undefined : this.take(place, goalId, holds);
  }

  /** Gives up the claim of a goal that was refused after it. */
  async release(place: string[], goalId: string): Promise<void> {
    await (this.redis as unknown as ClaimCommands).releaseClaim(this.keys.of('claim', ...place), goalId);
  }
}
