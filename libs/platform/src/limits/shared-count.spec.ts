import { jest } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { SharedCount } from './rate-limiter.js';

/** Redis as the counts see it: one total for all of them. */
class FakeRedis {
  points = 10;
  duration = 60;
  total = 0;
  calls = 0;
  async penalty(_key: string | number, points = 1) {
    this.calls += 1;
    this.total += points;
    return {
      consumedPoints: this.total,
      msBeforeNext: 60_000,
      remainingPoints: 0,
      isFirstInDuration: false,
      toJSON: undefined!,
    };
  }
}

/** Redis where each key is counted here alone. */
function penaltyInto(this: { reported: string[] }, key: string | number) {
  this.reported.push(String(key));
  return Promise.resolve({
    consumedPoints: 1,
    msBeforeNext: 60_000,
    remainingPoints: 9,
    isFirstInDuration: false,
    toJSON: undefined!,
  });
}

const takeAll = (count: SharedCount, times: number, now?: number) =>
  Array.from({ length: times }, () => count.take('one', now).isGranted).filter(Boolean).length;

const until = async (holds: () => boolean) => {
  while (!holds()) await delay(5);
};

describe('a shared count', () => {
  it('grants its quota, says what is left, and counts each key by itself', () => {
    const count = new SharedCount(new FakeRedis());
    const now = Date.now();
    expect(count.take('one', now)).toEqual({ isGranted: true, left: 9, endsInMs: 60_000 });
    expect(takeAll(count, 20, now)).toBe(9);
    expect(count.take('one', now + 1000)).toEqual({ isGranted: false, left: 0, endsInMs: 59_000 });
    expect(count.take('two', now).isGranted).toBe(true);
  });

  it('begins anew once the window is over', () => {
    const count = new SharedCount(new FakeRedis());
    const now = Date.now();
    takeAll(count, 10, now);
    expect(takeAll(count, 1, now + 59_999)).toBe(0);
    expect(takeAll(count, 20, now + 60_000)).toBe(10);
  });

  it('learns what others counted, and reports many in one call', async () => {
    const redis = new FakeRedis();
    const [one, other] = [new SharedCount(redis), new SharedCount(redis)];
    expect(takeAll(one, 6)).toBe(6);
    await until(() => redis.total === 6);
    expect(redis.calls).toBe(1);
    expect(takeAll(other, 1)).toBe(1);
    await until(() => redis.total === 7);
    await delay(0);
    expect(takeAll(other, 20)).toBe(3);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('away'))],
    ['hangs', () => new Promise<never>(() => {})],
  ])('counts alone, and waits for nobody, while Redis %s', async (_, answer) => {
    let calls = 0;
    const penalty = () => {
      calls += 1;
      return answer();
    };
    const count = new SharedCount({ points: 10, duration: 60, penalty });
    expect(takeAll(count, 4)).toBe(4);
    await until(() => calls > 0);
    expect(takeAll(count, 20)).toBe(6);
  });

  it('reports at most every half second, each key once', async () => {
    jest.useFakeTimers({ now: 1_000_000 });
    const redis = { points: 10, duration: 60, reported: [] as string[], penalty: penaltyInto };
    const count = new SharedCount(redis);
    count.take('one');
    await jest.advanceTimersByTimeAsync(0);
    await jest.advanceTimersByTimeAsync(100);
    count.take('two');
    await jest.advanceTimersByTimeAsync(399);
    expect(redis.reported).toEqual(['one']);
    await jest.advanceTimersByTimeAsync(1);
    expect(redis.reported).toEqual(['one', 'two']);
    jest.useRealTimers();
  });

  it('forgets keys whose window is over, once there are many', async () => {
    jest.useFakeTimers({ now: 1_000_000 });
    const redis = { points: 10, duration: 60, reported: [] as string[], penalty: penaltyInto };
    const count = new SharedCount(redis);
    const { windows } = count as unknown as { windows: Map<string, unknown> };
    for (let key = 0; key < 9_999; key++) count.take(`${key}`);
    await jest.advanceTimersByTimeAsync(60_000);
    count.take('last but one');
    await jest.advanceTimersByTimeAsync(500);
    expect(windows.size).toBe(10_000);
    count.take('last');
    await jest.advanceTimersByTimeAsync(500);
    expect([...windows.keys()]).toEqual(['last but one', 'last']);
    jest.useRealTimers();
  });

  it('does not report what it refuses', async () => {
    const redis = new FakeRedis();
    const count = new SharedCount(redis);
    takeAll(count, 1000);
    await until(() => redis.total > 0);
    takeAll(count, 1000);
    await delay(0);
    expect([redis.total, redis.calls]).toEqual([10, 1]);
  });
});
