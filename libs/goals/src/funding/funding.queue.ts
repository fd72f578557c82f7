import { Clock, isId, JobKind } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';

/** Name of the job and of its queue. */
export const fundingQueue = 'funding';

/** A funding goal for which a step may be due. */
export interface FundingJob {
  goal_id: string;
  /** When a step is due; absent if one may be due at once. */
  scheduled_for?: string;
}

/** The jobs `funding`. */
export const fundingJobs = new JobKind<FundingJob>({
  name: fundingQueue,
  version: 1,
  isReadable: ({ goal_id }) => isId(goal_id),
});

/** Queues looks at funding goals: each takes the steps that are due by then, so that one too many does no harm. */
@Injectable()
export class FundingQueue {
  constructor(
    @InjectQueue(fundingQueue) private readonly queue: Queue<FundingJob>,
    private readonly clock: Clock,
  ) {}

  /** Has a goal looked at as soon as a worker is free. */
  async add(goalId: string): Promise<void> {
    await fundingJobs.add(this.queue, { goal_id: goalId });
  }

  /** Has a goal looked at when this moment has come; a second job for the same moment changes nothing. */
  async at(moment: Date, goalId: string): Promise<void> {
    await fundingJobs.add(
      this.queue,
      { goal_id: goalId, scheduled_for: moment.toISOString() },
      { jobId: `${goalId}.${moment.getTime()}`, delay: Math.max(0, this.clock.msUntil(moment)) },
    );
  }
}
