import type { Child } from './processes/child.js';

/** The order in which things stop: first what takes work in, last what holds the data. */
export const STOP_ORDER = ['api', 'worker', 'pusher', 'redis', 'mongod'] as const;

/** The reason of a stop that somebody asked for, as opposed to an error. */
export const STOP_REQUESTED = 'stop requested';

/** Everything a local start has running, and the one signal that calls all of it off. */
export class Stack {
  private readonly halting = new AbortController();
  private readonly children: Child[] = [];

  /** Aborted when a stop was asked for, a child died or a step failed; its reason tells which. */
  readonly halt: AbortSignal = this.halting.signal;

  /** Calls everything off; only the first reason counts. */
  callOff(reason: unknown): void {
    this.halting.abort(reason);
  }

  /** Takes a child in; from now on its death brings the others down. */
  private watch<T extends Child>(child: T): T {
    this.children.push(child);
    void child.ended.then((how) => this.callOff(new Error(`the ${child.name} ${how}; stopping the rest`)));
    return child;
  }

  /** Starts these at the same time; when one fails, the others are called off and waited for. */
  async startTogether<T extends Child>(...starts: Promise<T>[]): Promise<T[]> {
    const outcomes = await Promise.allSettled(
      starts.map(async (start) => {
        try {
          return this.watch(await start);
        } catch (error) {
          this.callOff(error);
          throw error;
        }
      }),
    );
    this.halt.throwIfAborted();
    return outcomes.filter((outcome) => outcome.status === 'fulfilled').map((outcome) => outcome.value);
  }

  /** Settles when everything is to come down. */
  async untilHalted(): Promise<void> {
    if (this.halt.aborted) return;
    await new Promise((resolve) => this.halt.addEventListener('abort', resolve, { once: true }));
  }

  /** Stops what runs, one after the other. */
  async stop(): Promise<void> {
    for (const name of STOP_ORDER) {
      for (const child of this.children.filter((other) => other.name === name)) await child.stop();
    }
  }
}
