import { delayResponse, JobKind, readJob, wasReplayed } from '#platform';
import type { NewGoal } from '#contracts';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { JobOptions, Queue } from 'bull';
import { isNewGoal } from './new-goal.js';

/** Name of the job and of its queue; a job's id is the goal's id. */
export const createGoal = 'create_goal';

/** The jobs `create_goal`. A request keeps the data of its job, under the same version. */
export const createGoalJobs = new JobKind<NewGoal>({ name: createGoal, version: 1, isReadable: isNewGoal });

/** From this many waiting goals on, responses are delayed by a millisecond for each goal above. */
const unpaced = 64;
const longestPaceMs = 200;

/** How many of the newest jobs are read to find out whose they are. */
const sampled = 60;

/** How many of the oldest jobs are read to find one that was not tried yet. */
const firstLooked = 9;

/** The queue of goals that are accepted and not stored yet. */
@Injectable()
export class CreateGoalQueue {
  constructor(@InjectQueue(createGoal) private readonly queue: Queue<NewGoal>) {}

  /**
   * Queues a goal; a second one of the same id changes nothing. If goals come in faster than they are stored, the response is
   * delayed a little, more for a longer queue. That slows down clients that send one request after the other.
   */
  async add(goal: NewGoal, acceptedAt: Date): Promise<void> {
    await this.addAs(createGoalJobs.version, goal.goal_id, goal, acceptedAt);
  }

  /** Queues a goal in a form of this version, which another release may have written: this one knows no more of it than its id. */
  async addAs(version: number, goalId: string, goal: NewGoal, acceptedAt: Date): Promise<void> {
    // Bull knows this option; its types do not.
    const options: JobOptions & { timestamp: number } = { jobId: goalId, timestamp: acceptedAt.getTime() };
    const [, waiting] = await Promise.all([
      createGoalJobs.add(this.queue, goal, options, version),
      // Asked of the connection itself it goes out in the same write; Bull would make a transaction of it.
      this.queue.client.llen(this.queue.toKey('wait')).catch(() => 0),
    ]);
    if (waiting > unpaced) delayResponse(Math.min(waiting - unpaced, longestPaceMs));
  }

  /** How many goals wait, and since when the first one that was not tried yet. Retries are older. */
  async waiting(): Promise<{ jobs: number; since?: number }> {
    const [jobs, oldest] = await Promise.all([
      this.queue.getWaitingCount(),
      this.queue.client.lrange(this.queue.toKey('wait'), -firstLooked, -1),
    ]);
    // One by one: a job that cannot be read, or is taken meanwhile, must not hide the others.
    const first = await Promise.all(oldest.toReversed().map((jobId) => readJob(this.queue, jobId)));
    const untried = first.find((job) => job?.attemptsMade === 0 && !wasReplayed(job));
    return { jobs, since: untried?.timestamp };
  }

  /** The user of whom more than half of a sample of the waiting goals is, if there is one. */
  async crowdingUser(): Promise<string | undefined> {
    const ids = await this.queue.client.lrange(this.queue.toKey('wait'), 0, sampled - 1);
    const jobs = await Promise.all(ids.map((jobId) => readJob(this.queue, jobId)));
    const users = jobs.flatMap((job) => job?.data.metadata?.user_id ?? []);
    const byUser = Map.groupBy(users, (user) => user);
    return [...byUser].find(([, goals]) => goals.length > ids.length / 2)?.[0];
  }

  /** Removes the dead job of a goal, so that no replay stores the goal. A running job stays. */
  async discard(goalId: string): Promise<void> {
    const job = await readJob(this.queue, goalId);
    await job?.remove().catch(() => undefined);
  }

  /** Which of these goals have a job in this queue: waiting, running or dead. */
  async existing(goalIds: string[]): Promise<Set<string>> {
    const look = this.queue.client.pipeline();
    for (const goalId of goalIds) look.exists(this.queue.toKey(goalId));
    const found = (await look.exec()) ?? [];
    const fault = found.find(([error]) => error)?.[0];
    if (fault) throw fault;
    return new Set(goalIds.filter((_, index) => found[index]?.[1] === 1));
  }
}
