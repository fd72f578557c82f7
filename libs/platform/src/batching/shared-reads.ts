import { withTimeout } from '../problem/outage.js';

/** How long a read may take: one that never ends would hold up all later ones. */
const timeoutMs = 2_000;

/**
 * Has reads with the same key that are asked for together made once. Nobody gets the result of a read that had begun before
 * they asked, since that may not show what they have just written.
 */
export class SharedReads<Result> {
  private readonly running = new Map<string, Promise<Result>>();
  private readonly next = new Map<string, Promise<Result>>();

  /** The result of a read that begins now, or as soon as the one that runs has ended. */
  read(key: string, work: () => Promise<Result>): Promise<Result> {
    const running = this.running.get(key);
    if (!running) return this.begin(key, work);
    const next = this.next.get(key) ?? this.beginAfter(running, key, work);
    this.next.set(key, next);
    return next;
  }

  private async beginAfter(running: Promise<Result>, key: string, work: () => Promise<Result>) {
    await running.catch(() => undefined);
    this.next.delete(key);
    return this.begin(key, work);
  }

  private begin(key: string, work: () => Promise<Result>): Promise<Result> {
    const result = withTimeout(timeoutMs, work(), 'a read did not end').finally(() => {
      if (this.running.get(key) === result) this.running.delete(key);
    });
    this.running.set(key, result);
    return result;
  }
}
