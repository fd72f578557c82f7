import { Clock, ProcessJob, UnknownJobError } from '#platform';
import { Processor } from '@nestjs/bull';
import type { Job } from 'bull';
import { Lifecycle } from './lifecycle.js';
import { type LifecycleJob, lifecycleJobs, LifecycleQueue, lifecycleQueue } from './lifecycle.queue.js';

/** Processes the jobs `lifecycle`: takes each step when it is due. */
@Processor(lifecycleQueue)
export class LifecycleProcessor {
  constructor(
    private readonly clock: Clock,
    private readonly lifecycle: Lifecycle,
    private readonly timers: LifecycleQueue,
  ) {}

  @ProcessJob(lifecycleJobs)
  async process({ data: job }: Job<LifecycleJob>): Promise<void> {
    if (job.step !== 'cancel' && !(await this.clock.reaches(new Date(job.scheduled_for)))) return;
    switch (job.step) {
      case 'activate':
        return this.lifecycle.activate(job.goal_id);
      case 'expire':
        return this.expire(job.goal_id, new Date(job.scheduled_for));
      case 'cancel':
        return this.lifecycle.cancel(job.goal_id, job.reason, job.actor);
      default:
        throw new UnknownJobError(`no step is called ${(job as LifecycleJob).step}`);
    }
  }

  /** A goal whose end has moved since the timer was set gets another timer. */
  private async expire(goalId: string, due: Date): Promise<void> {
    const movedTo = await this.lifecycle.expire(goalId, due);
    if (movedTo) await this.timers.moved(movedTo, goalId);
  }
}
