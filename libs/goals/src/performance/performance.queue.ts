import { Clock, isId, JobKind } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';

/** Name of the job and of its queue. */
export const performanceQueue = 'performance';

/** A show in seconds that may have reached a level, or silence, by this moment: ISO 8601 UTC. */
export interface PerformanceJob {
  goal_id: string;
  scheduled_for: string;
}

/** The jobs `performance`. */
export const performanceJobs = new JobKind<PerformanceJob>({
  name: performanceQueue,
  version: 1,
  isReadable: ({ goal_id, scheduled_for }) => isId(goal_id) && !Number.isNaN(Date.parse(scheduled_for)),
});

/** Queues looks at live shows; one too many does no harm. */
@Injectable()
export class PerformanceQueue {
  constructor(
    @InjectQueue(performanceQueue) private readonly queue: Queue<PerformanceJob>,
    private readonly clock: Clock,
  ) {}

  /** Has a show looked at when this moment has come; a second job for the same moment changes nothing. */
  async at(moment: Date, goalId: string): Promise<void> {
    await performanceJobs.add(
      this.queue,
      { goal_id: goalId, scheduled_for: moment.toISOString() },
      { jobId: `${goalId}.${moment.getTime()}`, delay: Math.max(0, this.clock.msUntil(moment)) },
    );
  }
}
