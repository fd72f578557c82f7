import { carried, holdAnswerBack, readJob, wasDead } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Job, Queue } from 'bull';
import type { GoalRecord } from '../goal/goal.schema.js';
import { createGoal, type CreateGoalJob, isCreateGoalJob } from './create-goal.job.js';
import { recordOf } from './record-of-job.js';

/** As many goals may wait before those who add more of them are slowed down, by a millisecond for each one above. */
const unpaced = 64;
const longestPaceMs = 200;

/** A goal whose job has not stored it yet, or never will. */
export interface WaitingGoal {
  record: GoalRecord;
  /** Why its job is dead; absent while it waits. */
  deadBecause?: string;
}

/** Among so many of the oldest jobs one is looked for that nobody has tried yet. */
const firstLooked = 9;

/** The queue of goals that are accepted and not stored yet. */
@Injectable()
export class CreateGoalQueue {
  constructor(@InjectQueue(createGoal) private readonly queue: Queue<CreateGoalJob>) {}

  /**
   * Queues a goal; a second one of the same id changes nothing. Where goals come in faster than they are made the answer is
   * held back a little, the longer the queue, so that those who ask one after the other are slowed down to the speed of the
   * workers.
   */
  async add(job: CreateGoalJob): Promise<void> {
    const [, waiting] = await Promise.all([
      this.queue.add(createGoal, job, { jobId: job.goal_id, ...carried() }),
      // Asked of the connection itself it goes out in the same write; Bull would make a transaction of it.
      this.queue.client.llen(this.queue.toKey('wait')).catch(() => 0),
    ]);
    if (waiting > unpaced) holdAnswerBack(Math.min(waiting - unpaced, longestPaceMs));
  }

  /** How many goals wait, and since when the first of those that nobody has tried yet: one that is tried again is older. */
  async waiting(): Promise<{ jobs: number; since?: number }> {
    const [jobs, first] = await Promise.all([
      this.queue.getWaitingCount(),
      this.queue.getJobs(['waiting'], 0, firstLooked, true),
    ]);
    // A job that is taken between the two steps of the look is not there any more.
    const untried = first.find((job) => (job as Job | null)?.attemptsMade === 0 && !wasDead(job));
    return { jobs, since: untried?.timestamp };
  }

  /** The goal that a job of this queue is to make, if there is one that can be read. */
  async find(goalId: string): Promise<WaitingGoal | undefined> {
    const job = await readJob(this.queue, goalId);
    if (!job || !isCreateGoalJob(job.data)) return undefined;
    const isDead = job.finishedOn !== undefined && job.failedReason !== undefined;
    return {
      record: recordOf(job.data, new Date(job.timestamp)),
      deadBecause: isDead ? job.failedReason : undefined,
    };
  }
}
