import { setTimeout } from 'node:timers/promises';
import { Clock, isId, JobWorkers, UnknownJobError } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Queue } from 'bull';
import { Lifecycle } from './lifecycle.js';
import { type LifecycleJob, lifecycleQueue } from './lifecycle.queue.js';

/** A timer that runs earlier than this is left to the sweep, so that it holds up none that is due. */
const earliestMs = 15_000;

/** Works off the jobs `lifecycle`: takes each step when it is due. */
@Injectable()
export class LifecycleProcessor implements OnModuleInit {
  constructor(
    private readonly workers: JobWorkers,
    @InjectQueue(lifecycleQueue) private readonly queue: Queue<LifecycleJob>,
    private readonly clock: Clock,
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
    if (job.step !== 'cancel' && !(await this.isDue(job.scheduled_for))) return;
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

  /** Bull wakes a timer by the clock of any worker, which may be ahead: the rest of the time is waited for here. */
  private async isDue(scheduledFor: string): Promise<boolean> {
    const early = this.clock.msUntil(new Date(scheduledFor));
    if (early > earliestMs) return false;
    if (early > 0) await setTimeout(early);
    return true;
  }
}
