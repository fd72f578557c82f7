import { setTimeout as wait } from 'node:timers/promises';

/** Begins a task at a steady pace, whether or not those before it are done: an outage does not slow the clients. */
export class Stream {
  private readonly open = new Set<Promise<void>>();
  private isOn = false;
  private loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly everyMs: number,
    private readonly task: () => Promise<void> | undefined,
  ) {}

  start(): void {
    this.isOn = true;
    this.loop = this.run();
  }

  /** Begins no more and waits for what is open; returns how many have had no answer in that time. */
  async stop(withinMs: number): Promise<number> {
    this.isOn = false;
    await this.loop;
    await Promise.race([Promise.all(this.open), wait(withinMs, undefined, { ref: false })]);
    return this.open.size;
  }

  private async run(): Promise<void> {
    while (this.isOn) {
      const one = this.task();
      if (one) {
        this.open.add(one);
        void one.finally(() => this.open.delete(one));
      }
      await wait(this.everyMs);
    }
  }
}
