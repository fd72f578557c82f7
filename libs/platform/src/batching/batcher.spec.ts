import { performance } from 'node:perf_hooks';
import { jest } from '@jest/globals';
import { type BatchLimits, Batcher } from './batcher.js';
import { ownProcess } from './busy-process.js';

describe('Batcher', () => {
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  /** Resolves once the process is known to spend so much of its time on its own work. */
  const useProcessTime = async (utilization: number) => {
    const busy = jest.spyOn(performance, 'eventLoopUtilization');
    busy.mockReturnValue({ utilization, idle: 1 - utilization, active: utilization });
    while (ownProcess.isBusy !== utilization > 0.5) await new Promise(setImmediate);
  };

  /** A batcher whose batches are noted, and run until they are released. */
  const heldBatcher = (limits: BatchLimits) => {
    const batches: number[][] = [];
    const releases: (() => void)[] = [];
    const batcher = new Batcher<number>(async (items) => {
      batches.push(items);
      await new Promise<void>((resolve) => releases.push(resolve));
      return items.map(() => ({ value: undefined }));
    }, limits);
    return { batcher, batches, releases };
  };

  it('sends a lone item at once and the next ones together, once the first is through', async () => {
    const batches: number[][] = [];
    const releases: (() => void)[] = [];
    const batcher = new Batcher<number, number>(
      async (items) => {
        batches.push(items);
        await new Promise<void>((resolve) => releases.push(resolve));
        return items.map((value) => ({ value: value * 10 }));
      },
      { size: 3 },
    );
    const first = batcher.add(1);
    await new Promise(setImmediate);
    const rest = [2, 3, 4, 5].map((item) => batcher.add(item));
    releases.shift()?.();
    expect(await first).toBe(10);
    await new Promise(setImmediate);
    releases.shift()?.();
    expect(await Promise.all(rest.slice(0, 3))).toEqual([20, 30, 40]);
    await new Promise(setImmediate);
    releases.shift()?.();
    expect(await rest[3]).toBe(50);
    expect(batches).toEqual([[1], [2, 3, 4], [5]]);
  });

  it('lets items linger for company while a batch is at work, and sends a full batch at once', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const batches: number[][] = [];
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const batcher = new Batcher<number>(
      async (items) => {
        batches.push(items);
        await released;
        return items.map(() => ({ value: undefined }));
      },
      { size: 3, atOnce: 3, lingerMs: 5 },
    );
    const sent = [batcher.add(1)];
    await new Promise(setImmediate);
    sent.push(...[2, 3, 4, 5].map((item) => batcher.add(item)));
    await new Promise(setImmediate);
    expect(batches).toEqual([[1], [2, 3, 4]]);
    await jest.advanceTimersByTimeAsync(5);
    expect(batches[2]).toEqual([5]);
    sent.push(batcher.add(6));
    await jest.advanceTimersByTimeAsync(1_000);
    expect(batches).toHaveLength(3);
    release();
    await jest.advanceTimersByTimeAsync(5);
    await Promise.all(sent);
    expect(batches).toEqual([[1], [2, 3, 4], [5], [6]]);
  });

  it('lets those that waited for a batch gather company in a busy process, and sends a full batch at once', async () => {
    await useProcessTime(0.9);
    const { batcher, batches, releases } = heldBatcher({ size: 3, gatherMs: 20 });
    const sent = [batcher.add(1)];
    await new Promise(setImmediate);
    sent.push(batcher.add(2));
    releases.shift()?.();
    await sent[0];
    await new Promise(setImmediate);
    expect(batches).toEqual([[1]]);
    sent.push(batcher.add(3));
    while (batches.length < 2) await new Promise(setImmediate);
    sent.push(...[4, 5, 6].map((item) => batcher.add(item)));
    releases.shift()?.();
    await sent[1];
    await new Promise(setImmediate);
    expect(batches).toEqual([[1], [2, 3], [4, 5, 6]]);
    releases.shift()?.();
    await Promise.all(sent);
    void batcher.add(7);
    await new Promise(setImmediate);
    expect(batches.at(-1)).toEqual([7]);
  });

  it('sends those that waited for a batch as soon as it has ended if the process is not busy', async () => {
    await useProcessTime(0.1);
    const { batcher, batches, releases } = heldBatcher({ size: 3, gatherMs: 60_000 });
    const sent = [batcher.add(1)];
    await new Promise(setImmediate);
    sent.push(batcher.add(2), batcher.add(3));
    releases.shift()?.();
    await sent[0];
    expect(batches).toEqual([[1], [2, 3]]);
    releases.shift()?.();
    await Promise.all(sent);
  });

  it('begins the batch that has waited before those of the last one go on', async () => {
    const events: string[] = [];
    let release = () => {};
    const batcher = new Batcher<number>(
      async (items) => {
        events.push(`began ${items.join()}`);
        if (events.length === 1) await new Promise<void>((resolve) => (release = resolve));
        return items.map(() => ({ value: undefined }));
      },
      { size: 3 },
    );
    const add = (item: number) => batcher.add(item).then(() => events.push(`ended ${item}`));
    const first = add(1);
    await new Promise(setImmediate);
    const others = [add(2), add(3)];
    release();
    await Promise.all([first, ...others]);
    expect(events).toEqual(['began 1', 'began 2,3', 'ended 1', 'ended 2', 'ended 3']);
  });

  it('begins the next batch beside one that takes too long, whose items still have their outcome', async () => {
    const batches: number[][] = [];
    let release = () => {};
    const batcher = new Batcher<number, number>(
      async (items) => {
        batches.push(items);
        if (batches.length === 1) await new Promise<void>((resolve) => (release = resolve));
        return items.map((item) => ({ value: item }));
      },
      { size: 10, holdMs: 5 },
    );
    const late = batcher.add(1);
    await new Promise(setImmediate);
    expect(await Promise.all([batcher.add(2), batcher.add(3)])).toEqual([2, 3]);
    release();
    expect(await late).toBe(1);
    expect(batches).toEqual([[1], [2, 3]]);
    expect(batcher.isIdle).toBe(true);
  });

  it('fails the items of a batch that never ends, and goes on with those that waited behind it', async () => {
    let hangs = true;
    const batcher = new Batcher<number>(
      (items) =>
        hangs ? new Promise(() => undefined) : Promise.resolve(items.map(() => ({ value: undefined }))),
      { size: 10, timeoutMs: 20 },
    );
    const hung = batcher.add(1);
    await new Promise(setImmediate);
    const behind = batcher.add(2);
    hangs = false;
    await expect(hung).rejects.toThrow('a batch did not end within 20 ms');
    await expect(behind).resolves.toBeUndefined();
  });

  it('fails only the item that failed', async () => {
    const batcher = new Batcher<number>(
      async (items) => items.map((item) => (item === 2 ? { error: new Error('two') } : { value: undefined })),
      { size: 10 },
    );
    const outcomes = await Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('fails every item of a batch that could not be worked off, and goes on with the next', async () => {
    let down = true;
    const batcher = new Batcher<number>(
      async (items) => {
        if (down) throw new Error('down');
        return items.map(() => ({ value: undefined }));
      },
      { size: 10 },
    );
    const outcomes = await Promise.allSettled([batcher.add(1), batcher.add(2)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    down = false;
    await expect(batcher.add(3)).resolves.toBeUndefined();
  });

  it('is idle where nothing waits and nothing is at work, and then works on nothing', async () => {
    const batches: number[][] = [];
    let release = () => {};
    const batcher = new Batcher<number>(
      async (items) => {
        batches.push(items);
        await new Promise<void>((resolve) => (release = resolve));
        return items.map(() => ({ value: undefined }));
      },
      { size: 3 },
    );
    expect(batcher.isIdle).toBe(true);
    const first = batcher.add(1);
    expect(batcher.isIdle).toBe(false);
    await new Promise(setImmediate);
    expect(batcher.isIdle).toBe(false);
    const second = batcher.add(2);
    release();
    await first;
    expect(batcher.isIdle).toBe(false);
    await new Promise(setImmediate);
    release();
    await second;
    for (let turns = 0; turns < 3; turns++) await new Promise(setImmediate);
    expect(batcher.isIdle).toBe(true);
    expect(batches).toEqual([[1], [2]]);
  });

  it('fails an item that its batch left out, and not the others', async () => {
    const batcher = new Batcher<number, number>(async () => [{ value: 1 }], { size: 2 });
    const outcomes = await Promise.allSettled([batcher.add(1), batcher.add(2)]);
    expect(outcomes).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: new Error('a batch left out an item') },
    ]);
  });
});
