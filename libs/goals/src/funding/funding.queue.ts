import { Clock, type DueList, DueLists, isId, JobKind } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';

/** Name of the job and of its queue. */
export const fundingQueue = 'funding';

/** A funding goal for which a step may be due. */
export interface FundingJob {
  goal_id: string;
  /** When a step is due; the release before had timers among its jobs. */
  scheduled_for?: string;
}

/** The jobs `funding`. */
export const fundingJobs = new JobKind<FundingJob>({
  name: fundingQueue,
  version: 1,
  isReadable: ({ goal_id }) => isId(goal_id),
});

/** Has funding goals looked at: each takes the steps that are due by then, so that one look too many does no harm. */
@Injectable()
export class FundingQueue {
  /** Goals that are looked at when a moment has come. A worker that freezes holds none of them before. */
  readonly timers: DueList;

  constructor(
    @InjectQueue(fundingQueue) private readonly queue: Queue<FundingJob>,
    private readonly clock: Clock,
    lists: DueLists,
  ) {
    this.timers = lists.of('funding-timers');
  }

  /** Has a goal looked at as soon as a worker is free. */
  async add(goalId: string): Promise<void> {
    await fundingJobs.add(this.queue, { goal_id: goalId });
  }

  /** Has a goal looked at when this moment has come, or before if that was asked for; each look asks for the next one. */
  async at(moment: Date, goalId: string): Promise<void> {
    await this.timers.addIn(this.clock.msUntil(moment), goalId);
  }
}
