import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';

/** Something that a process does again and again. */
export interface PeriodicTask {
  name: string;
  everyMs: number;
  run: () => Promise<void>;
}

/** Runs periodic tasks, at once when the process is whole and then round by round; a round that fails is logged. */
@Injectable()
export class PeriodicTasks implements BeforeApplicationShutdown {
  private readonly logger = new Logger(PeriodicTasks.name);
  private readonly tasks: PeriodicTask[] = [];
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly running = new Set<Promise<void>>();
  private stopped = false;

  /** Announces a task; nothing runs before start(). */
  register(task: PeriodicTask): void {
    this.tasks.push(task);
  }

  /** Begins all tasks. */
  start(): void {
    for (const task of this.tasks) this.round(task);
  }

  /** Lets the rounds under way end and begins no more. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    for (const timer of this.timers) clearTimeout(timer);
    await Promise.all(this.running);
  }

  private round(task: PeriodicTask): void {
    const round = task.run().catch((error: unknown) => this.logger.error(`${task.name}: ${String(error)}`));
    this.running.add(round);
    void round.then(() => {
      this.running.delete(round);
      if (this.stopped) return;
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        this.round(task);
      }, task.everyMs);
      this.timers.add(timer);
    });
  }
}
