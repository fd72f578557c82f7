import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';

/**
 * Whether this process is about to stop. From `begin` on, readiness is red and each response closes its connection, while
 * everything is served as before; so load balancers and clients that keep connections open go elsewhere in time.
 */
@Injectable()
export class Shutdown {
  private readonly begun = new AbortController();
  private readonly hurried = new AbortController();

  /** Aborted from `begin` on: who holds a connection open, such as a stream of events, ends it then. */
  readonly signal = this.begun.signal;

  /** Begins, and resolves after the time that clients have to notice; at once if the process is to hurry. */
  async begin(delayMs: number): Promise<void> {
    this.begun.abort();
    if (delayMs > 0)
      await setTimeout(delayMs, undefined, { signal: this.hurried.signal }).catch(() => undefined);
  }

  /** Ends the wait of `begin`. */
  hurry(): void {
    this.hurried.abort();
  }
}
