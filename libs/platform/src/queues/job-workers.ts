import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import type { Job, Queue } from 'bull';
import { AppConfig } from '../config/config.js';
import { within } from '../patience/within.js';
import { runJob } from '../tracing/run-job.js';

/** A job that is at work for longer waits for something that never comes; it fails and is tried again. */
const longestJobMs = 120_000;

/** What a process does with the jobs of one queue. */
export interface JobWorker<Data> {
  queue: Queue<Data>;
  /** The name of the queue's jobs; one name a queue, since Bull adds up the concurrency of several. */
  name: string;
  run: (job: Job<Data>) => Promise<unknown>;
  concurrency?: number;
}

/** Takes jobs from the queues, from when the process is whole until it stops. */
@Injectable()
export class JobWorkers implements BeforeApplicationShutdown {
  private readonly logger = new Logger(JobWorkers.name);
  private readonly workers: JobWorker<unknown>[] = [];
  private readonly rest = new Set<Promise<void>>();
  private isStopping = false;

  constructor(private readonly config: AppConfig) {}

  /** Announces a worker; nothing runs before start(). */
  register<Data>(worker: JobWorker<Data>): void {
    this.workers.push(worker as JobWorker<unknown>);
  }

  /** Every queue that somebody works off here. */
  get queues(): Queue[] {
    return this.workers.map(({ queue }) => queue);
  }

  /** Work that outlasts its job; a process that stops waits for it as it does for jobs. */
  waitFor(work: Promise<void>): void {
    const waited = work.finally(() => this.rest.delete(waited));
    this.rest.add(waited);
  }

  /** Begins to take jobs. Call it once the whole application is up, so that no job meets half of its receivers. */
  start(): void {
    for (const { queue, name, run, concurrency = this.config.jobs.concurrency } of this.workers) {
      queue.on('error', (error) => {
        if (!this.isStopping) this.logger.error(`Queue ${queue.name}: ${error.message}`);
      });
      queue
        .process(name, concurrency, (job) =>
          runJob(job, (one) => within(longestJobMs, Promise.resolve(run(one)), 'the job did not end')),
        )
        .catch((error: unknown) => {
          // It is stopped before it has begun. Any other failure ends the process, or nobody would work off the queue.
          if (!this.isStopping) throw error;
        });
    }
  }

  /** Stops intake and waits for the jobs at work; what does not end in time is taken over by another worker. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.workers.map(({ queue }) => queue.close()));
    await Promise.all(this.rest);
  }
}
