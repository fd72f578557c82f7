import { JobWorkers } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Queue } from 'bull';
import { Lifecycle } from './lifecycle.js';
import { type LifecycleJob, lifecycleQueue } from './lifecycle.queue.js';

/** Works off the jobs `lifecycle`: takes each step when it is due. */
@Injectable()
export class LifecycleProcessor implements OnModuleInit {
  constructor(
    private readonly workers: JobWorkers,
    @InjectQueue(lifecycleQueue) private readonly queue: Queue<LifecycleJob>,
    private readonly lifecycle: Lifecycle,
  ) {}

  onModuleInit(): void {
    this.workers.register({ queue: this.queue, name: lifecycleQueue, run: ({ data }) => this.run(data) });
  }

  private run(job: LifecycleJob): Promise<void> {
    if (job.step === 'cancel') return this.lifecycle.cancel(job.goal_id, job.reason);
    return job.step === 'activate'
      ? this.lifecycle.activate(job.goal_id)
      : this.lifecycle.expire(job.goal_id);
  }
}
