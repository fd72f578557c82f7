import type { Child } from './processes/child.js';

/** The order in which things stop: first what accepts work, last what holds the data. */
export const STOP_ORDER = ['api', 'worker', 'pusher', 'redis', 'mongod'] as const;

/** The reason of a requested stop, as opposed to an error. */
export const STOP_REQUESTED = 'stop requested';

/** The child processes of a local start, and the signal that ends all of them. */
export class Stack {
  private readonly controller = new AbortController();
  private readonly children: Child[] = [];

  /** Aborted when a stop was requested, a child ended or a step failed; its reason says which. */
  readonly halted: AbortSignal = this.controller.signal;

  /** Aborts `halted`; only the first reason counts. */
  halt(reason: unknown): void {
    this.controller.abort(reason);
  }

  /** Starts these at the same time; if one fails, waits for the others and throws. If one ends later, all stop. */
  async startTogether<T extends Child>(...starts: Promise<T>[]): Promise<T[]> {
    const outcomes = await Promise.allSettled(
      starts.map(async (start) => {
        try {
          const child = await start;
          this.children.push(child);
          void child.ended.then((how) => this.halt(new Error(`the ${child.name} ${how}; stopping the rest`)));
          return child;
        } catch (error) {
          this.halt(error);
          throw error;
        }
      }),
    );
    this.halted.throwIfAborted();
    return outcomes.filter((outcome) => outcome.status === 'fulfilled').map((outcome) => outcome.value);
  }

  /** Resolves when everything has to stop. */
  async untilHalted(): Promise<void> {
    if (this.halted.aborted) return;
    await new Promise((resolve) => this.halted.addEventListener('abort', resolve, { once: true }));
  }

  /** Kills every child at once: whoever asks a second time does not want to wait. */
  kill(): void {
    for (const { pid } of this.children)
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
  }

  /** Stops the children, one after the other. */
  async stop(): Promise<void> {
    for (const name of STOP_ORDER) {
      for (const child of this.children.filter((other) => other.name === name)) await child.stop();
    }
  }
}
