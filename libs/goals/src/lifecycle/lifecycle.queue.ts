import type { Actor } from '#audit';
import { Clock, isId, JobKind } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';
import type { CancelReason } from '../goal/goal.schema.js';

/** Name of the job and of its queue. */
export const lifecycleQueue = 'lifecycle';

/** A step that is to be taken; a timer's job waits in the queue until it is due. Cancellations are of the release before. */
export type LifecycleJob =
  | { goal_id: string; step: 'activate' | 'expire'; scheduled_for: string }
  | { goal_id: string; step: 'cancel'; reason: CancelReason; actor?: Actor };

/** The jobs `lifecycle`. */
export const lifecycleJobs = new JobKind<LifecycleJob>({
  name: lifecycleQueue,
  version: 1,
  isReadable: ({ goal_id, step }) => isId(goal_id) && typeof step === 'string',
});

/** Sets the timers of goals. A second job for the same step of a goal changes nothing. */
@Injectable()
export class LifecycleQueue {
  constructor(
    @InjectQueue(lifecycleQueue) private readonly queue: Queue<LifecycleJob>,
    private readonly clock: Clock,
  ) {}

  /** Sets a timer. */
  async at(moment: Date, goalId: string, step: 'activate' | 'expire'): Promise<void> {
    await lifecycleJobs.add(
      this.queue,
      { goal_id: goalId, step, scheduled_for: moment.toISOString() },
      { jobId: `${goalId}.${step}`, delay: Math.max(0, this.clock.msUntil(moment)) },
    );
  }

  /** Sets another timer for the end of a goal, beside the one for its earlier end. */
  async moved(exp: Date, goalId: string): Promise<void> {
    await lifecycleJobs.add(
      this.queue,
      { goal_id: goalId, step: 'expire', scheduled_for: exp.toISOString() },
      { jobId: `${goalId}.expire.${exp.getTime()}`, delay: Math.max(0, this.clock.msUntil(exp)) },
    );
  }
}
