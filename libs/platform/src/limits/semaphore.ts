/** One of those who share a semaphore; beyond its own most it waits, even if a slot is free. */
export interface SlotHolder {
  running: number;
  readonly maxRunning: number;
}

/** How long a task may wait for its slot, and the error it fails with if its turn comes later. */
export interface WaitLimit {
  ms: number;
  error: Error;
}

interface Waiter {
  since: number;
  holder: SlotHolder;
  start: () => void;
  fail: (error: Error) => void;
}

/**
 * Runs a limited number of tasks at once. Other tasks wait, in the order in which they came. Give tasks of the same caller
 * the same holder to limit that caller too: its tasks then wait for each other, and do not delay those of other callers.
 */
export class Semaphore {
  private readonly waiters: Waiter[] = [];
  private running = 0;

  constructor(
    private readonly size: number,
    private readonly waitLimit?: WaitLimit,
  ) {}

  /** Tasks that run or wait. */
  get taskCount(): number {
    return this.running + this.waiters.length;
  }

  /** Whether all slots are taken and the next task in the queue has already waited longer than it may. */
  get isOverdue(): boolean {
    if (this.running < this.size) return false;
    const next = this.waiters.find(canStart);
    return next !== undefined && this.isLate(next);
  }

  /** Runs the task as soon as it gets a slot, and frees the slot when the task ends, however it ends. */
  async run<Result>(
    task: () => Promise<Result>,
    holder: SlotHolder = { running: 0, maxRunning: Infinity },
  ): Promise<Result> {
    if (this.running < this.size && canStart({ holder })) this.take(holder);
    else
      await new Promise<void>((start, fail) => this.waiters.push({ since: Date.now(), holder, start, fail }));
    try {
      return await task();
    } finally {
      this.release(holder);
    }
  }

  private take(holder: SlotHolder): void {
    this.running += 1;
    holder.running += 1;
  }

  /** Passes the slot to the first task that may start; tasks whose turn comes too late fail. */
  private release(holder: SlotHolder): void {
    this.running -= 1;
    holder.running -= 1;
    for (;;) {
      const index = this.waiters.findIndex(canStart);
      const [next] = index < 0 ? [] : this.waiters.splice(index, 1);
      if (!next) return;
      if (!this.isLate(next)) {
        this.take(next.holder);
        return next.start();
      }
      next.fail(this.waitLimit!.error);
    }
  }

  private isLate({ since }: Waiter): boolean {
    return this.waitLimit !== undefined && Date.now() - since > this.waitLimit.ms;
  }
}

const canStart = ({ holder }: Pick<Waiter, 'holder'>): boolean => holder.running < holder.maxRunning;
