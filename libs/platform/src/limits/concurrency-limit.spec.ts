import { jest } from '@jest/globals';
import type { Caller } from '../http/incoming.js';
import type { AppConfig } from '../config/config.js';
import { Problem } from '../problem/problem.js';
import { delayResponse, type EventLoopMonitor, ConcurrencyLimit } from './concurrency-limit.js';

const limitOf = (inFlight: number, loop = { lagMs: 0 }) =>
  new ConcurrencyLimit({ limits: { inFlight } } as AppConfig, loop as EventLoopMonitor);

const user = { userId: 'user', roles: ['streamer'] };
beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const never = () => new Promise<never>(() => {});

/** How many of so many requests of a caller are taken in. */
async function taken(limit: ConcurrencyLimit, asked: number, caller: Caller | string): Promise<number> {
  let refused = 0;
  for (let count = 0; count < asked; count++)
    limit.run('change', caller, never).catch((error: unknown) => {
      if (error instanceof Problem) refused += 1;
    });
  await jest.advanceTimersByTimeAsync(500);
  return asked - refused;
}

describe('the concurrency limit', () => {
  it('is one for each kind', async () => {
    const limit = limitOf(1);
    void limit.run('read', user, never);
    expect(limit.refusal('read')?.kind.code).toBe('overloaded');
    expect([limit.refusal('change'), limit.refusal('payment')]).toEqual([undefined, undefined]);
    void limit.run('change', user, never);
    expect(await limit.run('payment', user, () => Promise.resolve('paid'))).toBe('paid');
    expect([limit.refusal('change')?.kind.code, limit.refusal('payment')]).toEqual(['overloaded', undefined]);
  });

  it('lets nobody in while the process has no turn for its timers', () => {
    const loop = { lagMs: 600 };
    const limit = limitOf(10, loop);
    expect(limit.refusal('read')).toBeUndefined();
    loop.lagMs = 601;
    expect(limit.refusal('read')?.kind.code).toBe('overloaded');
  });

  it.each<[who: string, most: number, caller: Caller | string]>([
    ['a user', 25, user],
    ['an address', 25, '127.0.0.1'],
    ['a service', 75, { userId: 'service', roles: ['service'] }],
    ['an admin', 75, { userId: 'admin', roles: ['admin'] }],
  ])('lets %s have %i of a hundred', async (_, most, caller) => {
    const limit = limitOf(100);
    expect(await taken(limit, 100, caller)).toBe(most);
    expect(await taken(limit, 1, { userId: 'somebody else', roles: [] })).toBe(1);
  });
});

describe('a refusal', () => {
  it('that its caller brought on itself is delayed for half a second, another is not', async () => {
    const limit = limitOf(4);
    void limit.run('change', user, never);
    const seen: string[] = [];
    const ask = (caller: Caller | string) =>
      limit.run('change', caller, never).catch((error: Problem) => seen.push(error.kind.code));
    void ask(user);
    await jest.advanceTimersByTimeAsync(499);
    expect(seen).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(seen).toEqual(['too_many_requests']);
    for (const address of ['a', 'b', 'c', 'd']) void ask(address);
    await jest.advanceTimersByTimeAsync(0);
    expect(seen).toEqual(['too_many_requests', 'overloaded']);
  });

  it('of the work itself comes at once', async () => {
    const broken = limitOf(1).run('change', user, () => Promise.reject(new Error('broken')));
    await expect(broken).rejects.toThrow('broken');
  });
});

describe('a delayed response', () => {
  it('is given once its time has come; its slot is free before', async () => {
    const limit = limitOf(1);
    let answer: string | undefined;
    const held = limit
      .run('change', user, async () => {
        await Promise.resolve();
        delayResponse(200);
        return 'accepted';
      })
      .then((given) => (answer = given));
    await jest.advanceTimersByTimeAsync(199);
    expect(answer).toBeUndefined();
    expect(limit.refusal('change')).toBeUndefined();
    expect(await limit.run('change', 'somebody else', () => Promise.resolve('done'))).toBe('done');
    await jest.advanceTimersByTimeAsync(1);
    expect(await held).toBe('accepted');
  });

  it('is that of the request that asked for it alone', async () => {
    const limit = limitOf(10);
    void limit.run('change', user, async () => delayResponse(200));
    await limit.run('change', user, () => Promise.resolve());
    await jest.advanceTimersByTimeAsync(0);
    expect(jest.getTimerCount()).toBe(1);
  });

  it('is none where no request is at work', () => {
    expect(() => delayResponse(200)).not.toThrow();
    expect(jest.getTimerCount()).toBe(0);
  });
});
