import { within } from '../patience/within.js';
import { Story } from '../tracing/story.js';

/** What became of one item of a batch. */
export type BatchOutcome<Result> = { value: Result } | { error: Error };

/** Does the work of a whole batch; answers for each item, in order. What it throws is the outcome of every item. */
export type BatchWork<Item, Result> = (items: Item[]) => Promise<BatchOutcome<Result>[]>;

/** How a batcher shares its work out. */
export interface BatchLimits {
  /** Items of a batch, at most. */
  size: number;
  /** Batches at work at once, at most. */
  atOnce?: number;
  /** How long an item may wait for company while another batch is at work and one more might be. */
  lingerMs?: number;
  /** How long items that waited for a batch to end gather more company, once it has. */
  gatherMs?: number;
  /** How long a batch may be at work; then its items fail. Where its end is not certain, those behind it would wait for ever. */
  withinMs?: number;
}

interface Waiting<Item, Result> {
  item: Item;
  settle: (outcome: BatchOutcome<Result>) => void;
  story: Story | undefined;
}

/**
 * Puts calls that are in flight together into one: a lone call goes out at once, those that come while a batch is at work
 * wait for it to end and gather company, or linger as long as they may, and then go out together. Each caller gets the
 * outcome of its own item.
 */
export class Batcher<Item, Result = void> {
  private waiting: Waiting<Item, Result>[] = [];
  private atWork = 0;
  private immediate?: NodeJS.Immediate;
  private timer?: NodeJS.Timeout;

  private readonly size: number;
  private readonly atOnce: number;
  private readonly lingerMs: number;
  private readonly gatherMs: number;
  private readonly withinMs?: number;

  constructor(
    private readonly work: BatchWork<Item, Result>,
    { size, atOnce = 1, lingerMs = 0, gatherMs = 0, withinMs }: BatchLimits,
  ) {
    this.size = size;
    this.atOnce = atOnce;
    this.lingerMs = lingerMs;
    this.gatherMs = gatherMs;
    this.withinMs = withinMs;
  }

  /** Whether nothing waits and nothing is at work. */
  get isIdle(): boolean {
    return this.atWork === 0 && this.waiting.length === 0;
  }

  /** Resolves or rejects with the outcome of this item alone. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: BatchOutcome<Result>) =>
        'error' in outcome ? reject(outcome.error) : resolve(outcome.value);
      this.waiting.push({ item, settle, story: Story.current });
      this.schedule();
    });
  }

  private schedule(): void {
    const { length } = this.waiting;
    if (length === 0 || this.atWork >= this.atOnce) return;
    // Calls of the same turn of the event loop still get on this batch.
    if ((this.atWork === 0 && !this.timer) || length >= this.size)
      this.immediate ??= setImmediate(() => this.send());
    else this.sendAfter(this.lingerMs);
  }

  private sendAfter(ms: number): void {
    this.timer ??= setTimeout(() => this.send(), ms);
  }

  private send(): void {
    clearImmediate(this.immediate);
    clearTimeout(this.timer);
    this.immediate = this.timer = undefined;
    void this.workOff(this.waiting.splice(0, this.size));
    this.schedule();
  }

  private async workOff(batch: Waiting<Item, Result>[]): Promise<void> {
    this.atWork++;
    // A batch belongs to the request of its first item, as far as logs and traces go.
    const outcomes = await Story.runIn(batch[0]?.story, () => this.outcomesOf(batch.map(({ item }) => item)));
    this.atWork--;
    if (this.gatherMs > 0 && this.waiting.length > 0) this.sendAfter(this.gatherMs);
    this.schedule();
    batch.forEach(({ settle }, index) =>
      settle(outcomes[index] ?? { error: new Error('a batch left out an item') }),
    );
  }

  private async outcomesOf(items: Item[]): Promise<BatchOutcome<Result>[]> {
    try {
      const outcomes = this.work(items);
      return await (this.withinMs ? within(this.withinMs, outcomes, 'a batch did not end') : outcomes);
    } catch (error) {
      return items.map(() => ({ error: error instanceof Error ? error : new Error(String(error)) }));
    }
  }
}
