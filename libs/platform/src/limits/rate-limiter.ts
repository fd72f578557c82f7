import { isIPv6 } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { type Caller, hasRole } from '../http/incoming.js';
import { AppConfig } from '../config/config.js';
import type { Limited, Quota } from '../config/variables.js';
import { sendProblem } from '../problem/problem.filter.js';
import { Problem, tooManyRequests } from '../problem/problem.js';
import { InjectRedis, RedisKeys } from '../redis/redis.module.js';
import { type ConcurrencyLimit, kindOfRequest, rejectDelayed } from './concurrency-limit.js';

/** Headers about a quota (draft-ietf-httpapi-ratelimit-headers); none if there is no quota. */
export type QuotaHeaders = Record<string, string>;

interface Limit {
  name: Limited;
  policy: string;
  count: SharedCount;
}

/** Limits the requests of each address, user and service, over all api processes together. */
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

  /** Counts a request of an address; throws a 429 problem if its quota is used up. */
  takeAddress(address: string): QuotaHeaders {
    return this.take('address', addressKey(address));
  }

  /** Counts a request of a caller in the same way, but delays the refusal. Services and admins have their own quota. */
  async takeCaller(caller: Caller): Promise<QuotaHeaders> {
    try {
      return this.take(hasRole(caller, 'service', 'admin') ? 'service' : 'user', caller.userId);
    } catch (refusal) {
      return rejectDelayed(refusal);
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
    ).dueTo(name);
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

/** The minimum time between two reports of a process to Redis. */
const reportIntervalMs = 500;

/** More keys than this are cleared of those whose window is over. */
const sweepAbove = 10_000;

interface Window {
  /** As Redis last said, or as counted here while Redis did not answer. */
  counted: number;
  /** Counted here since then. */
  unreported: number;
  endsAt: number;
}

/**
 * Counts what several processes allow per key in a time window. Each process decides by what it knows and reports to Redis
 * in the background: nothing waits for Redis, and during an outage each process counts alone. Together they may exceed the
 * quota by what arrives within half a second.
 */
export class SharedCount {
  private readonly windows = new Map<string, Window>();
  private readonly unreported = new Map<string, Window>();
  private reportedAt = 0;
  private timer?: NodeJS.Timeout;

  constructor(private readonly redis: Pick<RateLimiterRedis, 'points' | 'duration' | 'penalty'>) {}

  /** Counts one more unless the quota is used up; returns what is left of it and for how long. */
  take(key: string, now = Date.now()): { isGranted: boolean; left: number; endsInMs: number } {
    const window = this.windowOf(key, now);
    const left = this.redis.points - window.counted - window.unreported;
    const endsInMs = window.endsAt - now;
    if (left <= 0) return { isGranted: false, left: 0, endsInMs };
    window.unreported += 1;
    this.unreported.set(key, window);
    const waitMs = Math.max(0, this.reportedAt + reportIntervalMs - now);
    this.timer ??= setTimeout(() => void this.report(), waitMs).unref();
    return { isGranted: true, left: left - 1, endsInMs };
  }

  private windowOf(key: string, now: number): Window {
    const known = this.windows.get(key);
    if (known && known.endsAt > now) return known;
    const fresh = { counted: 0, unreported: 0, endsAt: now + this.redis.duration * 1000 };
    this.windows.set(key, fresh);
    return fresh;
  }

  private async report(): Promise<void> {
    this.timer = undefined;
    this.reportedAt = Date.now();
    if (this.windows.size > sweepAbove) this.sweep(this.reportedAt);
    const windows = [...this.unreported];
    this.unreported.clear();
    await Promise.allSettled(windows.map(([key, window]) => this.reportOne(key, window)));
  }

  private async reportOne(key: string, window: Window): Promise<void> {
    const points = window.unreported;
    window.counted += points;
    window.unreported = 0;
    const { consumedPoints, msBeforeNext } = await this.redis.penalty(key, points);
    window.counted = consumedPoints;
    window.endsAt = Date.now() + msBeforeNext;
  }

  private sweep(now: number): void {
    for (const [key, { endsAt }] of this.windows) if (endsAt <= now) this.windows.delete(key);
  }
}

/** The key by which an address is counted: an IPv4 address, or the /64 of an IPv6 one, as its owner has all of that. */
export function addressKey(address: string): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (mapped) return mapped;
  // A zone, as in fe80::1%eth0, follows the groups that count.
  return isIPv6(address) ? `${groupsOf(address).slice(0, 4).join(':')}::/64` : address;
}

/** The eight groups of an IPv6 address, written out. */
function groupsOf(address: string): string[] {
  const [head = [], tail] = address.split('::').map((half) => half.split(':').filter(Boolean));
  const missing = tail ? 8 - head.length - tail.length : 0;
  return [...head, ...Array<string>(missing).fill('0'), ...(tail ?? [])].map((group) =>
    group.toLowerCase().replace(/^0+(?=.)/, ''),
  );
}

/** Probes are never limited: what monitors the process needs an answer most of all when the process is overloaded. */
export const isProbe = ({ url }: Pick<FastifyRequest, 'url'>): boolean => url.startsWith('/health/');

/** Refuses requests beyond a limit before their body is read and before they cost anything. */
export function addAdmissionHook(
  http: FastifyInstance,
  rateLimiter: RateLimiter,
  concurrencyLimit: ConcurrencyLimit,
): void {
  http.addHook('onRequest', (request, reply, done) => {
    if (isProbe(request)) return done();
    try {
      void reply.headers(rateLimiter.takeAddress(request.ip));
      const refusal = concurrencyLimit.refusal(kindOfRequest(request));
      if (refusal) return sendProblem(refusal, request, reply);
      return done();
    } catch (error) {
      return error instanceof Problem ? sendProblem(error, request, reply) : done(error as Error);
    }
  });
}
