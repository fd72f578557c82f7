import { jest } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { from, lastValueFrom } from 'rxjs';
import type { Readiness } from '../health/health.controller.js';
import type { RequestKind, ConcurrencyLimit } from '../limits/concurrency-limit.js';
import { OutageError } from '../problem/outage.js';
import { ResponseTimeoutInterceptor } from './response-timeout.interceptor.js';

const limit = { run: (_: RequestKind, __: unknown, work: () => Promise<unknown>) => work() };
const contextOf = (requestKind: RequestKind) =>
  ({
    getType: () => 'http',
    switchToHttp: () => ({
      getRequest: () => ({
        url: '/goals',
        headers: {},
        ip: '127.0.0.1',
        method: 'POST',
        routeOptions: { config: { requestKind } },
      }),
    }),
  }) as unknown as ExecutionContext;

/** After how many milliseconds a request gets its answer or a 503, if its work takes so long. */
async function answered(
  kind: RequestKind,
  workMs: number,
  faults: () => Promise<string[]>,
  hasFollowers = true,
) {
  const interceptor = new ResponseTimeoutInterceptor(
    limit as unknown as ConcurrencyLimit,
    { faults, hasFollowers } as unknown as Readiness,
  );
  const begin = Date.now();
  const work = new Promise((resolve) => setTimeout(() => resolve('done'), workMs));
  const answer = interceptor
    .intercept(contextOf(kind), { handle: () => from(work) })
    .then((responses) => lastValueFrom(responses))
    .catch((error: unknown) => error instanceof OutageError && 503);
  const outcome = answer.then((what) => ({ what, ms: Date.now() - begin }));
  await jest.advanceTimersByTimeAsync(10_000);
  return outcome;
}

const well = async () => [];
const down = async () => ['MongoDB cannot be reached.'];
const silent = () => new Promise<string[]>(() => undefined);

describe('the deadline of an answer', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each<[string, RequestKind, number, () => Promise<string[]>, unknown, number]>([
    ['a read in time', 'read', 1_499, well, 'done', 1_499],
    ['a read that is late', 'read', 1_600, well, 503, 1_500],
    ['a change that is late', 'change', 1_600, well, 503, 1_500],
    ['a payment in time, whatever the stores do', 'payment', 1_499, silent, 'done', 1_499],
    ['a payment that waits while the stores answer', 'payment', 4_900, well, 'done', 4_900],
    ['a payment that is late all the same', 'payment', 5_100, well, 503, 5_000],
    ['a payment while a store is down', 'payment', 4_900, down, 503, 1_500],
    ['a payment while a store says nothing', 'payment', 4_900, silent, 503, 2_000],
    ['a payment that is counted while the stores are asked', 'payment', 1_800, silent, 'done', 1_800],
  ])('of %s', async (_, kind, workMs, faults, what, ms) => {
    const answer = await answered(kind, workMs, faults);
    expect(answer.what).toBe(what);
    expect(Math.abs(answer.ms - ms)).toBeLessThan(5);
  });

  it('of a payment is that of others where no other member is to be waited for', async () => {
    expect((await answered('payment', 4_900, well, false)).ms).toBeLessThan(1_505);
  });
});
