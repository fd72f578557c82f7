import { withTimeout } from '../problem/outage.js';
import { RequestContext } from '../tracing/request-context.js';
import { PermanentError } from '../queues/job-state.js';
import { ownProcess } from './busy-process.js';

/** The outcome of one item of a batch. */
export type BatchOutcome<Result> = { value: Result } | { error: Error };

/** Does the work of a whole batch; returns an outcome for each item, in order. An error is the outcome of every item. */
export type BatchWork<Item, Result> = (items: Item[]) => Promise<BatchOutcome<Result>[]>;

/** How a batcher forms its batches. */
export interface BatchLimits {
  /** The most items of a batch. */
  size: number;
  /** The most batches that run at once. */
  atOnce?: number;
  /** How long an item may wait for others while another batch is running and one more could. */
  lingerMs?: number;
  /** How long items that waited for a batch wait for others after it has ended, if this process is busy; else they do not wait. */
  gatherMs?: number;
  /** How long a batch holds up those behind it, as one may that waits for a store that is lost; then the next begins beside it. */
  holdMs?: number;
  /** How long a batch may run; then its items fail. Needed if the end of a batch is not certain: later ones would wait for ever. */
  timeoutMs?: number;
}

interface Waiting<Item, Result> {
  item: Item;
  settle: (outcome: BatchOutcome<Result>) => void;
  requestContext: RequestContext | undefined;
}

/**
 * Combines concurrent calls into one: a single call starts at once; calls that arrive while a batch is running wait for its
 * end or for `lingerMs`, and then run together. In a busy process they wait for others a little longer, since fewer and
 * larger batches cost it less. Each caller gets the outcome of its own item.
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
  private readonly holdMs?: number;
  private readonly timeoutMs?: number;

  constructor(
    private readonly work: BatchWork<Item, Result>,
    { size, atOnce = 1, lingerMs = 0, gatherMs = 0, holdMs, timeoutMs }: BatchLimits,
  ) {
    this.size = size;
    this.atOnce = atOnce;
    this.lingerMs = lingerMs;
    this.gatherMs = gatherMs;
    this.holdMs = holdMs;
    this.timeoutMs = timeoutMs;
  }

  /** Whether nothing waits and nothing runs. */
  get isIdle(): boolean {
    return this.atWork === 0 && this.waiting.length === 0;
  }

  /** Resolves or rejects with the outcome of this item alone. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: BatchOutcome<Result>) =>
        'error' in outcome ? reject(outcome.error) : resolve(outcome.value);
      this.waiting.push({ item, settle, requestContext: RequestContext.current });
      this.schedule();
    });
  }

  private schedule(): void {
    const { length } = this.waiting;
    if (length === 0 || this.atWork >= this.atOnce) return;
    // Calls of the same turn of the event loop join this batch.
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
    let isHolding = true;
    const release = () => {
      if (!isHolding) return;
      isHolding = false;
      this.atWork--;
      this.goOn();
    };
    const timer = this.holdMs === undefined ? undefined : setTimeout(release, this.holdMs);
    // A batch belongs to the request of its first item, as far as logs and traces go.
    const outcomes = await RequestContext.runIn(batch[0]?.requestContext, () =>
      this.outcomesOf(batch.map(({ item }) => item)),
    );
    clearTimeout(timer);
    release();
    batch.forEach(({ settle }, index) =>
      settle(outcomes[index] ?? { error: new Error('a batch left out an item') }),
    );
  }

  /** Begins what waits before those who have an outcome take their time with it. */
  private goOn(): void {
    if (this.waiting.length === 0) return;
    if (this.gatherMs > 0 && ownProcess.isBusy) this.sendAfter(this.gatherMs);
    if (this.atWork === 0 && !this.timer) this.send();
    else this.schedule();
  }

  private async outcomesOf(items: Item[]): Promise<BatchOutcome<Result>[]> {
    try {
      const outcomes = this.work(items);
      return await (this.timeoutMs ? withTimeout(this.timeoutMs, outcomes, 'a batch did not end') : outcomes);
    } catch (error) {
      return items.map(() => ({ error: error instanceof Error ? error : new Error(String(error)) }));
    }
  }
}

/** A batcher for each key, for work that can only be combined with work of the same key. */
export class KeyedBatcher<Item, Result = void> {
  private readonly batchers = new Map<string, Batcher<Item, Result>>();

  constructor(
    private readonly work: (key: string, items: Item[]) => Promise<BatchOutcome<Result>[]>,
    private readonly limits: BatchLimits,
  ) {}

  /** Whether anything of this key waits or runs. */
  has(key: string): boolean {
    return this.batchers.has(key);
  }

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

/** Statuses of a server that refuses the content of a call; any other status concerns every call. */
const refusals = new Set([400, 413, 422]);

/** The error for a response with this status: a `PermanentError` if the content of the call is at fault. */
export function answerError(status: number, message: string): Error {
  return refusals.has(status) ? new PermanentError(message) : new Error(message);
}

/**
 * Sends items in one call, with an outcome for each. A call that is refused for its content (PermanentError) is repeated for
 * each half of the items, in order, until the faulty ones are isolated. After any other error nothing more is sent: it is
 * the outcome of all remaining items.
 */
export async function sendDivided<Item>(
  items: Item[],
  send: (items: Item[]) => Promise<void>,
): Promise<BatchOutcome<void>[]> {
  try {
    await send(items);
    return items.map(() => ({ value: undefined }));
  } catch (fault) {
    const error = fault instanceof Error ? fault : new Error(String(fault));
    if (items.length <= 1 || !(error instanceof PermanentError)) return items.map(() => ({ error }));
  }
  const middle = Math.ceil(items.length / 2);
  const first = await sendDivided(items.slice(0, middle), send);
  const others = items.slice(middle);
  const stop = first.find((outcome) => 'error' in outcome && !(outcome.error instanceof PermanentError));
  return [...first, ...(stop ? others.map(() => stop) : await sendDivided(others, send))];
}
