import { Injectable } from '@nestjs/common';
import type { JobCounts } from 'bull';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { AllQueues } from '../all-queues.module.js';

const states: (keyof JobCounts)[] = ['waiting', 'active', 'delayed', 'failed'];

/** What operators watch: the process itself, how full each queue is, and how many deliveries are dead. */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();

  constructor({ queues }: AllQueues) {
    collectDefaultMetrics({ register: this.registry });
    const jobs = new Gauge({
      name: 'goalpost_queue_jobs',
      help: 'Jobs of a queue by state',
      labelNames: ['queue', 'state'],
      registers: [this.registry],
    });
    const dead = new Gauge({
      name: 'goalpost_dead_letters',
      help: 'Jobs that ran out of tries and wait for a replay',
      labelNames: ['queue'],
      registers: [this.registry],
      collect: async () => {
        for (const queue of queues) {
          const counts = await queue.getJobCounts();
          for (const state of states) jobs.set({ queue: queue.name, state }, counts[state]);
          dead.set({ queue: queue.name }, counts.failed);
        }
      },
    });
  }

  /** All metrics as Prometheus reads them. */
  text(): Promise<string> {
    return this.registry.metrics();
  }
}
