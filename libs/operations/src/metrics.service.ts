import { Injectable } from '@nestjs/common';
import type { JobCounts, Queue } from 'bull';
import { createRequire } from 'node:module';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { DueLists } from '#platform';
import { AllQueues } from './all-queues.js';

// By require, since an import would have the compiler copy the file to the built code, as a package of its own.
const { version } = createRequire(import.meta.url)('#package') as { version: string };

const states: (keyof JobCounts)[] = ['waiting', 'active', 'delayed', 'failed'];

/** The metrics of the process itself, of whatever its parts measure, and of the queues, which are read for each scrape. */
@Injectable()
export class MetricsService {
  private readonly jobs: Gauge<'queue' | 'state'>;
  private readonly oldest: Gauge<'queue'>;
  private readonly dead: Gauge<'queue'>;

  constructor(
    private readonly all: AllQueues,
    private readonly lists: DueLists,
    private readonly registry: Registry,
  ) {
    collectDefaultMetrics({ register: registry });
    const registers = [registry];
    new Gauge({
      name: 'goalpost_build_info',
      help: 'Always 1; its labels say which release of goalpost runs, and on which Node',
      labelNames: ['version', 'node'],
      registers,
    }).set({ version, node: process.version }, 1);
    this.jobs = new Gauge({
      name: 'goalpost_queue_jobs',
      help: 'Jobs of a queue by state',
      labelNames: ['queue', 'state'],
      registers,
    });
    this.oldest = new Gauge({
      name: 'goalpost_queue_oldest_waiting_seconds',
      help: 'How long the oldest job that could run has been waiting; 0 if none waits',
      labelNames: ['queue'],
      registers,
    });
    this.dead = new Gauge({
      name: 'goalpost_dead_letters',
      help: 'Jobs that ran out of attempts and wait for a replay',
      labelNames: ['queue'],
      registers,
    });
  }

  /** All metrics as Prometheus reads them. A queue that cannot be read is left out: old numbers would mislead. */
  async text(): Promise<string> {
    for (const gauge of [this.jobs, this.oldest, this.dead]) gauge.reset();
    await Promise.allSettled([
      ...this.all.queues.map((queue) => this.measure(queue)),
      ...this.lists.all.map(async (list) => {
        const { waiting, oldestMs } = await list.measure();
        this.jobs.set({ queue: list.name, state: 'waiting' }, waiting);
        this.oldest.set({ queue: list.name }, oldestMs / 1000);
      }),
    ]);
    return this.registry.metrics();
  }

  private async measure(queue: Queue): Promise<void> {
    const [counts, [oldest]] = await Promise.all([
      queue.getJobCounts(),
      // A job that is no JSON, and that no worker has taken yet, is no reason to hide its queue.
      queue.getWaiting(0, 0).catch(() => []),
    ]);
    for (const state of states) this.jobs.set({ queue: queue.name, state }, counts[state]);
    this.dead.set({ queue: queue.name }, counts.failed);
    // A delayed job waits from the moment when it is due, not from when it was added.
    const since = oldest ? oldest.timestamp + (oldest.opts.delay ?? 0) : Date.now();
    this.oldest.set({ queue: queue.name }, Math.max(0, Date.now() - since) / 1000);
  }
}
