import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import type { Job, Queue } from 'bull';
import { Counter, Registry } from 'prom-client';
import { AppConfig } from '../config/config.js';
import { within } from '../patience/within.js';
import { runJob } from '../tracing/run-job.js';
import { PermanentError, UnknownJobError } from './backoff.js';
import { postpone, useBackoff } from './job-state.js';
import { takeUnreadable } from './unreadable-jobs.js';

/** A job that is at work for longer waits for something that never comes; it fails and is tried again. */
const longestJobMs = 120_000;

/** What Bull calls a job that says no name. */
const nameless = '__default__';

/** What a process does with the jobs of one queue. */
export interface JobWorker<Data> {
  queue: Queue<Data>;
  /** The name of the queue's jobs; one name a queue. */
  name: string;
  /** Whether data have the fields without which `run` can do nothing. It may throw where they do not. */
  isReadable: (data: Data) => boolean;
  /** What it throws fails the job; an UnknownJobError puts it back for a process of another release. */
  run: (job: Job<Data>) => Promise<unknown>;
  concurrency?: number;
}

/** Takes jobs from the queues, from when the process is whole until it stops. */
@Injectable()
export class JobWorkers implements BeforeApplicationShutdown {
  private readonly logger = new Logger(JobWorkers.name);
  private readonly workers: JobWorker<unknown>[] = [];
  private readonly rest = new Set<Promise<void>>();
  private readonly unknown: Counter<'queue'>;
  private isStopping = false;

  constructor(
    private readonly config: AppConfig,
    registry: Registry,
  ) {
    this.unknown = new Counter({
      name: 'goalpost_unknown_jobs_total',
      help: 'Jobs put back since they name a class, event, handler or step that this process does not know',
      labelNames: ['queue'],
      registers: [registry],
    });
  }

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

  /** Begins to take jobs. Call it once the whole application is up, so that no job meets half of its handlers. */
  start(): void {
    for (const worker of this.workers) {
      const { queue, concurrency = this.config.jobs.concurrency } = worker;
      takeUnreadable(queue);
      queue.on('error', (error) => {
        if (!this.isStopping) this.logger.error(`Queue ${queue.name}: ${error.message}`);
      });
      queue
        // Of any name: Bull lets a job die whose name nobody has announced.
        .process('*', concurrency, (job) => this.work(worker, job))
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

  private async work(worker: JobWorker<unknown>, job: Job): Promise<unknown> {
    useBackoff(job);
    try {
      return await runJob(job, (one) => within(longestJobMs, run(worker, one), 'the job did not end'));
    } catch (error) {
      if (error instanceof UnknownJobError) {
        this.unknown.inc({ queue: worker.queue.name });
        postpone(job);
      }
      throw error;
    }
  }
}

async function run({ name, isReadable, run: work }: JobWorker<unknown>, job: Job): Promise<unknown> {
  if (job.name !== name && job.name !== nameless)
    throw new UnknownJobError(`no worker here knows the job ${job.name}`);
  if (job.name === nameless || !holds(() => isReadable(job.data)))
    throw new PermanentError('the job cannot be read: it lacks what it has to say');
  return work(job);
}

function holds(condition: () => boolean): boolean {
  try {
    return condition();
  } catch {
    return false;
  }
}
