/** What became of one item of a batch. */
export type BatchOutcome<Result> = { value: Result } | { error: Error };

/** Does the work of a whole batch; answers for each item, in order. What it throws is the outcome of every item. */
export type BatchWork<Item, Result> = (items: Item[]) => Promise<BatchOutcome<Result>[]>;

/**
 * Puts calls that are in flight together into one: a lone call goes out at once, those that come while a batch is at work
 * wait for it to end and then go out together, `maxSize` at most. Each caller gets the outcome of its own item.
 */
export class Batcher<Item, Result = void> {
  private waiting: { item: Item; settle: (outcome: BatchOutcome<Result>) => void }[] = [];
  private busy = false;

  constructor(
    private readonly work: BatchWork<Item, Result>,
    private readonly maxSize: number,
  ) {}

  /** Whether nothing waits and nothing is at work. */
  get isIdle(): boolean {
    return !this.busy;
  }

  /** Resolves or rejects with the outcome of this item alone. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: BatchOutcome<Result>) =>
        'error' in outcome ? reject(outcome.error) : resolve(outcome.value);
      this.waiting.push({ item, settle });
      if (this.busy) return;
      this.busy = true;
      // Calls of the same turn of the event loop still get on this batch.
      setImmediate(() => void this.drain());
    });
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.maxSize);
      const outcomes = await this.outcomesOf(batch.map(({ item }) => item));
      this.busy = this.waiting.length > 0;
      batch.forEach(({ settle }, index) =>
        settle(outcomes[index] ?? { error: new Error('a batch left out an item') }),
      );
    }
  }

  private async outcomesOf(items: Item[]): Promise<BatchOutcome<Result>[]> {
    try {
      return await this.work(items);
    } catch (error) {
      return items.map(() => ({ error: error instanceof Error ? error : new Error(String(error)) }));
    }
  }
}
