import { jest } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { Caller } from '../http/incoming.js';
import type { AppConfig } from '../config/config.js';
import type { Problem } from '../problem/problem.js';
import { RedisKeys } from '../redis/redis.module.js';
import { RateLimiter } from './rate-limiter.js';
import type { RateLimits } from '../config/variables.js';

/** A Redis that notes what is counted in it under which key, and has counted what a test says. */
class FakeRedis {
  readonly status: string = 'ready';
  readonly counted: unknown[][] = [];
  total = 1;
  defineCommand() {}
  rlflxIncr(args: unknown[]) {
    this.counted.push(args);
    return Promise.resolve([this.total, 30_000]);
  }
}

const limiterOf = (rates: RateLimits, redis = new FakeRedis()) =>
  new RateLimiter(
    { limits: { rates } } as AppConfig,
    redis as unknown as Redis,
    new RedisKeys({ redis: { url: 'redis://127.0.0.1', prefix: 'goalpost' } } as AppConfig),
  );

const user = { userId: 'u1', roles: ['streamer'] };
const quota = { requests: 2, seconds: 60 };

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  jest.useRealTimers();
});

function refusalOf(ask: () => unknown): Problem {
  try {
    ask();
  } catch (error) {
    return error as Problem;
  }
  throw new Error('it was not refused');
}

describe('the quota of an address', () => {
  it('is said with each answer, and with the refusal when to come again', () => {
    const limiter = limiterOf({ address: quota });
    expect(limiter.takeAddress('10.0.0.1')).toEqual({
      ratelimit: '"address";r=1;t=60',
      'ratelimit-policy': '"address";q=2;w=60',
    });
    jest.setSystemTime(1_000_001);
    expect(limiter.takeAddress('::ffff:10.0.0.1').ratelimit).toBe('"address";r=0;t=60');
    jest.setSystemTime(1_059_999);
    const { kind, message, headers } = refusalOf(() => limiter.takeAddress('10.0.0.1'));
    expect([kind.status, message]).toEqual([
      429,
      'This address made more requests than it may; come again in 1 s.',
    ]);
    expect(headers).toEqual({
      ratelimit: '"address";r=0;t=1',
      'ratelimit-policy': '"address";q=2;w=60',
      'retry-after': '1',
    });
    expect(limiter.takeAddress('10.0.0.2').ratelimit).toBe('"address";r=1;t=60');
  });

  it('is none where none is named', async () => {
    const limiter = limiterOf({});
    for (let asked = 0; asked < 5; asked++) expect(limiter.takeAddress('10.0.0.1')).toEqual({});
    expect(await limiter.takeCaller(user)).toEqual({});
  });
});

describe('the quota of a caller', () => {
  it.each<[Caller, string]>([
    [user, 'user'],
    [{ userId: 'u1', roles: [] }, 'user'],
    [{ userId: 'u1', roles: ['service'] }, 'service'],
    [{ userId: 'u1', roles: ['streamer', 'admin'] }, 'service'],
  ])('%j is that of a %s', async (caller, name) => {
    const limiter = limiterOf({ user: quota, service: quota });
    expect(await limiter.takeCaller(caller)).toEqual({
      ratelimit: `"${name}";r=1;t=60`,
      'ratelimit-policy': `"${name}";q=2;w=60`,
    });
  });

  it('refuses half a second later, and nobody but the one who used it up', async () => {
    const limiter = limiterOf({ user: { requests: 1, seconds: 60 } });
    await limiter.takeCaller(user);
    let refusal: Problem | undefined;
    limiter.takeCaller(user).catch((error: Problem) => (refusal = error));
    await jest.advanceTimersByTimeAsync(499);
    expect(refusal).toBeUndefined();
    await jest.advanceTimersByTimeAsync(1);
    expect(refusal?.kind.code).toBe('too_many_requests');
    expect(await limiter.takeCaller({ userId: 'u2', roles: [] })).toHaveProperty('ratelimit');
  });
});

describe('what is counted', () => {
  it('goes to Redis under a key of its own, for as long as the quota is', async () => {
    const redis = new FakeRedis();
    const limiter = limiterOf({ user: quota }, redis);
    await limiter.takeCaller(user);
    redis.total = 2;
    await jest.advanceTimersByTimeAsync(500);
    expect(redis.counted).toEqual([['goalpost:limit:user:u1', '1', '60', '2', '60']]);
    // Redis says that the other one was taken elsewhere, and when the window ends.
    let refusal: Problem | undefined;
    limiter.takeCaller(user).catch((error: Problem) => (refusal = error));
    await jest.advanceTimersByTimeAsync(500);
    expect(refusal?.headers).toMatchObject({ ratelimit: '"user";r=0;t=30', 'retry-after': '30' });
  });

  it('is not sent while Redis is not ready', async () => {
    const redis = Object.assign(new FakeRedis(), { status: 'reconnecting' });
    const limiter = limiterOf({ user: quota }, redis);
    await limiter.takeCaller(user);
    await jest.advanceTimersByTimeAsync(500);
    expect(redis.counted).toEqual([]);
  });
});
