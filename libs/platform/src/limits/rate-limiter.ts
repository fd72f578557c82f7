import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { type Caller, hasRole } from '../auth/caller.js';
import { AppConfig } from '../config/config.js';
import { tooManyRequests } from '../problem/http-problems.js';
import { InjectRedis } from '../redis/redis.module.js';
import { RedisKeys } from '../redis/redis-keys.js';
import { addressKey } from './address-key.js';
import { refuseHeldBack } from './held-back.js';
import { type Limited, type Quota } from './rate-limits.js';
import { SharedCount } from './shared-count.js';

/** What an answer says of a quota (draft-ietf-httpapi-ratelimit-headers); nothing where there is none. */
export type QuotaHeaders = Record<string, string>;

interface Limit {
  name: Limited;
  policy: string;
  count: SharedCount;
}

/** Holds every address, user and service to its quota, over all apis together. */
@Injectable()
export class RateLimiter {
  private readonly limits = new Map<Limited, Limit>();

  constructor(
    { limits }: AppConfig,
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: RedisKeys,
  ) {
    for (const [name, quota] of Object.entries(limits.rates) as [Limited, Quota][])
      this.limits.set(name, this.limitOf(name, quota));
  }

  /** Counts a request from an address; throws a 429 problem where its quota is used up. */
  takeAddress(address: string): QuotaHeaders {
    return this.take('address', addressKey(address));
  }

  /** Counts a request of a caller, likewise, but holds the refusal back. Services and admins have a quota of their own. */
  async takeCaller(caller: Caller): Promise<QuotaHeaders> {
    try {
      return this.take(hasRole(caller, 'service', 'admin') ? 'service' : 'user', caller.userId);
    } catch (refusal) {
      return refuseHeldBack(refusal);
    }
  }

  private take(name: Limited, key: string): QuotaHeaders {
    const limit = this.limits.get(name);
    if (!limit) return {};
    const { isGranted, left, endsInMs } = limit.count.take(key);
    const seconds = Math.max(1, Math.ceil(endsInMs / 1000));
    const headers = { ratelimit: `"${name}";r=${left};t=${seconds}`, 'ratelimit-policy': limit.policy };
    if (isGranted) return headers;
    throw tooManyRequests(
      `This ${name} made more requests than it may; come again in ${seconds} s.`,
      {},
      { ...headers, 'retry-after': String(seconds) },
    );
  }

  private limitOf(name: Limited, { requests, seconds }: Quota): Limit {
    const redis = new RateLimiterRedis({
      storeClient: this.redis,
      keyPrefix: this.keys.of('limit', name),
      points: requests,
      duration: seconds,
      rejectIfRedisNotReady: true,
    });
    return { name, policy: `"${name}";q=${requests};w=${seconds}`, count: new SharedCount(redis) };
  }
}
