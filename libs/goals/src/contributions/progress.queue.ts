import { carried } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';

/** Name of the job and of its queue. */
export const progressQueue = 'progress';

/** A goal whose progress is to be told. */
export interface ProgressJob {
  goal_id: string;
}

/** Progress is told at most this often per goal: four times a second. */
const slotMs = 250;

/** Queues the telling of progress; all changes of a goal within a quarter of a second are told together. */
@Injectable()
export class ProgressQueue {
  constructor(@InjectQueue(progressQueue) private readonly queue: Queue<ProgressJob>) {}

  async add(goalId: string): Promise<void> {
    const now = Date.now();
    const slotEnd = (Math.floor(now / slotMs) + 1) * slotMs;
    await this.queue.add(
      progressQueue,
      { goal_id: goalId },
      { jobId: `${goalId}.${slotEnd}`, delay: slotEnd - now, ...carried() },
    );
  }
}
