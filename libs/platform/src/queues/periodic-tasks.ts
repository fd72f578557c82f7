import { setTimeout } from 'node:timers/promises';
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
  private readonly loops: Promise<void>[] = [];
  private readonly stopped = new AbortController();

  /** Announces a task; nothing runs before start(). */
  register(task: PeriodicTask): void {
    this.tasks.push(task);
  }

  /** Begins all tasks. */
  start(): void {
    this.loops.push(...this.tasks.map((task) => this.loop(task)));
  }

  /** Lets the rounds under way end and begins no more. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    await Promise.all(this.loops);
  }

  private async loop({ name, everyMs, run }: PeriodicTask): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      try {
        await run();
      } catch (error) {
        this.logger.error(`${name}: ${String(error)}`);
      }
      await setTimeout(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
