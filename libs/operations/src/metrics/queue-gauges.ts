import { Injectable } from '@nestjs/common';
import type { JobCounts, Queue } from 'bull';
import { Gauge, Registry } from 'prom-client';
import { AllQueues } from '../all-queues.module.js';

const states: (keyof JobCounts)[] = ['waiting', 'active', 'delayed', 'failed'];

/** How full each queue is, for how long its oldest job has been waiting, and how many jobs are dead. */
@Injectable()
export class QueueGauges {
  private readonly jobs: Gauge<'queue' | 'state'>;
  private readonly oldest: Gauge<'queue'>;
  private readonly dead: Gauge<'queue'>;

  constructor(
    private readonly all: AllQueues,
    registry: Registry,
  ) {
    const registers = [registry];
    this.jobs = new Gauge({
      name: 'goalpost_queue_jobs',
      help: 'Jobs of a queue by state',
      labelNames: ['queue', 'state'],
      registers,
    });
    this.oldest = new Gauge({
      name: 'goalpost_queue_oldest_waiting_seconds',
      help: 'For how long the oldest job that could run has been waiting; 0 where none waits',
      labelNames: ['queue'],
      registers,
    });
    this.dead = new Gauge({
      name: 'goalpost_dead_letters',
      help: 'Jobs that ran out of tries and wait for a replay',
      labelNames: ['queue'],
      registers,
    });
  }

  /** Looks at every queue. Of one that cannot be read nothing is told, rather than what was so before. */
  async refresh(): Promise<void> {
    for (const gauge of [this.jobs, this.oldest, this.dead]) gauge.reset();
    await Promise.allSettled(this.all.queues.map((queue) => this.look(queue)));
  }

  private async look(queue: Queue): Promise<void> {
    const [counts, [oldest]] = await Promise.all([
      queue.getJobCounts(),
      // A job that is no JSON, and that a worker has yet to meet, is no reason to hide its queue.
      queue.getWaiting(0, 0).catch(() => []),
    ]);
    for (const state of states) this.jobs.set({ queue: queue.name, state }, counts[state]);
    this.dead.set({ queue: queue.name }, counts.failed);
    // A timer waits from its moment on, not from when it was set.
    const since = oldest ? oldest.timestamp + (oldest.opts.delay ?? 0) : Date.now();
    this.oldest.set({ queue: queue.name }, Math.max(0, Date.now() - since) / 1000);
  }
}
