import { Batcher } from './batcher.js';

describe('Batcher', () => {
  it('sends a lone item at once and the next ones together, once the first is through', async () => {
    const batches: number[][] = [];
    const releases: (() => void)[] = [];
    const batcher = new Batcher<number, number>(async (items) => {
      batches.push(items);
      await new Promise<void>((resolve) => releases.push(resolve));
      return items.map((value) => ({ value: value * 10 }));
    }, 3);
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

  it('fails only the item that failed', async () => {
    const batcher = new Batcher<number>(
      async (items) => items.map((item) => (item === 2 ? { error: new Error('two') } : { value: undefined })),
      10,
    );
    const outcomes = await Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('fails every item of a batch that could not be worked off, and goes on with the next', async () => {
    let down = true;
    const batcher = new Batcher<number>(async (items) => {
      if (down) throw new Error('down');
      return items.map(() => ({ value: undefined }));
    }, 10);
    const outcomes = await Promise.allSettled([batcher.add(1), batcher.add(2)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    down = false;
    await expect(batcher.add(3)).resolves.toBeUndefined();
  });
});
