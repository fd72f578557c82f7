import { isId, JobKind } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';

/** Name of the job and of its queue. */
export const progressQueue = 'progress';

/** A goal whose progress is to be published, and the end of the slot of time in which it changed. */
export interface ProgressJob {
  goal_id: string;
  slot_end: number;
}

/** The jobs `progress`. */
export const progressJobs = new JobKind<ProgressJob>({
  name: progressQueue,
  version: 1,
  isReadable: ({ goal_id }) => isId(goal_id),
});

/** Progress is published at most this often per goal: four times a second, once for a goal that counts seconds. */
const slotMsOf = (unit?: string) => (unit === 'seconds' ? 1000 : 250);

/** Queues the publishing of progress; all changes of a goal within one slot of time are published together. */
@Injectable()
export class ProgressQueue {
  constructor(@InjectQueue(progressQueue) private readonly queue: Queue<ProgressJob>) {}

  /** Adds the job of the slot that is running, or of the one after `slotEnd` if that is later. */
  async add(goalId: string, { unit, slotEnd = 0 }: { unit?: string; slotEnd?: number } = {}): Promise<void> {
    const now = Date.now();
    const slotMs = slotMsOf(unit);
    const slot_end = (Math.floor(Math.max(now, slotEnd) / slotMs) + 1) * slotMs;
    await progressJobs.add(
      this.queue,
      { goal_id: goalId, slot_end },
      { jobId: `${goalId}.${slot_end}`, delay: slot_end - now },
    );
  }
}
