import { isId, JobWorkers, UnknownJobError } from '#platform';
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
    this.workers.register({
      queue: this.queue,
      name: lifecycleQueue,
      isReadable: ({ goal_id, step }) => isId(goal_id) && typeof step === 'string',
      run: ({ data }) => this.run(data),
    });
  }

  private async run(job: LifecycleJob): Promise<void> {
    switch (job.step) {
      case 'activate':
        return this.lifecycle.activate(job.goal_id);
      case 'expire':
        return this.lifecycle.expire(job.goal_id);
      case 'cancel':
        return this.lifecycle.cancel(job.goal_id, job.reason);
      default:
        throw new UnknownJobError(`no step is called ${(job as LifecycleJob).step}`);
    }
  }
}
