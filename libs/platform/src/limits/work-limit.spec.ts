import { jest } from '@jest/globals';
import type { AppConfig } from '../config/config.js';
import { Problem } from '../problem/problem.js';
import type { LoopWatch } from './loop-watch.js';
import { WorkLimit } from './work-limit.js';

/** Work that ends when it is told to. */
class Pieces {
  readonly ends: (() => void)[] = [];
  refused = 0;
  constructor(private readonly limit: WorkLimit) {}

  /** Asks for so many at once; lets those begin that may. */
  async ask(count: number): Promise<void> {
    for (let asked = 0; asked < count; asked++)
      this.limit
        .run(() => new Promise<void>((end) => this.ends.push(end)))
        .catch((error: unknown) => {
          if (error instanceof Problem && error.kind.code === 'overloaded') this.refused += 1;
        });
    await settled();
  }

  async end(count: number): Promise<void> {
    for (const end of this.ends.splice(0, count)) end();
    await settled();
  }
}

const settled = async () => {
  for (let turns = 0; turns < 20; turns++) await Promise.resolve();
};
const limitOf = (inFlight: number, loop = { lateMs: 0 }) =>
  new WorkLimit({ limits: { inFlight } } as AppConfig, loop as LoopWatch);

describe('the limit of work', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: 1_000_000 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('lets others wait for their turn, in order, and refuses who finds too many', async () => {
    const limit = limitOf(250);
    const pieces = new Pieces(limit);
    await pieces.ask(251);
    expect([pieces.ends.length, pieces.refused]).toEqual([192, 1]);
    expect(limit.refusal()?.kind.code).toBe('overloaded');
    await pieces.end(10);
    expect(pieces.ends).toHaveLength(192);
    expect(limit.refusal()).toBeUndefined();
    await pieces.end(192);
    await pieces.end(192);
    expect(pieces.ends).toHaveLength(0);
    await pieces.ask(250);
    expect([pieces.ends.length, pieces.refused]).toEqual([192, 1]);
  });

  it('lets nobody in while the first waits in vain, and refuses those who waited too long', async () => {
    const limit = limitOf(1000);
    const pieces = new Pieces(limit);
    await pieces.ask(202);
    jest.setSystemTime(1_000_601);
    expect(limit.refusal()?.kind.code).toBe('overloaded');
    await pieces.end(1);
    expect([pieces.ends.length, pieces.refused]).toEqual([191, 10]);
    expect(limit.refusal()).toBeUndefined();
  });

  it('lets nobody in while the process has no turn for its timers', () => {
    const loop = { lateMs: 600 };
    const limit = limitOf(10, loop);
    expect(limit.refusal()).toBeUndefined();
    loop.lateMs = 601;
    expect(limit.refusal()?.kind.code).toBe('overloaded');
  });

  it('gives its place on where it fails', async () => {
    const limit = limitOf(1);
    await expect(limit.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await limit.run(() => Promise.resolve('done'))).toBe('done');
  });
});
