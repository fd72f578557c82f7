import { Batcher, type BatchLimits, type BatchOutcome } from './batcher.js';

/** A batcher for each key, for work of which only what has the same key can share a call. */
export class KeyedBatcher<Item, Result = void> {
  private readonly batchers = new Map<string, Batcher<Item, Result>>();

  constructor(
    private readonly work: (key: string, items: Item[]) => Promise<BatchOutcome<Result>[]>,
    private readonly limits: BatchLimits,
  ) {}

  /** Resolves or rejects with the outcome of this item alone. */
  async add(key: string, item: Item): Promise<Result> {
    const batcher =
      this.batchers.get(key) ?? new Batcher<Item, Result>((items) => this.work(key, items), this.limits);
    this.batchers.set(key, batcher);
    try {
      return await batcher.add(item);
    } finally {
      if (batcher.isIdle) this.batchers.delete(key);
    }
  }
}
