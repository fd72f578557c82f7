/** Lets so many tasks run at once; the others wait their turn, in order. */
export class Slots {
  private readonly waiting: (() => void)[] = [];

  constructor(private free: number) {}

  /** Runs the task as soon as a slot is free, and gives it back however the task ends. */
  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await task();
    } finally {
      // A slot that somebody waits for is handed on and never free in between.
      const next = this.waiting.shift();
      if (next) next();
      else this.free++;
    }
  }
}
