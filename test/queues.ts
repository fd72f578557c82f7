import { goalDeliveryQueues } from '#goals';
import { type DeliveryJob, deliveryQueueNames } from '#platform';
import Bull, { type Job, type JobOptions, type Queue } from 'bull';
import type { Redis } from 'ioredis';
import { until } from './client.js';

/** A job as it can be put into its queue once more. */
export interface CapturedJob {
  queue: string;
  name: string;
  data: unknown;
  opts: JobOptions;
}

const allQueues = [
  'create_goal',
  'analytics.track',
  'authorize_viewers',
  'revoke_viewers',
  'access',
  'refused_push',
  ...deliveryQueueNames(goalDeliveryQueues),
];

/** The queues of a service, seen and touched from outside of its processes. */
export class TestQueues {
  private readonly opened = new Map<string, Queue>();

  constructor(private readonly service: { prefix: string; redis: Redis }) {}

  of(name: string): Queue {
    const known = this.opened.get(name);
    if (known) return known;
    const { prefix, redis } = this.service;
    const queue = new Bull(name, { prefix: `{${prefix}}`, createClient: () => redis });
    this.opened.set(name, queue);
    return queue;
  }

  /** Waits until nothing waits, runs or is to be tried again, all seen at one instant. */
  async settled(withinMs = 10_000): Promise<void> {
    // In a cluster the due list has a slot of its own; it fills what is looked at after it, and is filled by it.
    const due = `${this.service.prefix}:due:publications`;
    const taken = ['publications', 'funding-timers'].map(
      (list) => `${this.service.prefix}:{${this.service.prefix}:due:${list}}:taken`,
    );
    const inLists = async () => {
      const counts = await Promise.all([due, ...taken].map((key) => this.service.redis.zcard(key)));
      return counts.reduce((sum, count) => sum + count, 0);
    };
    await until(async () => {
      if ((await inLists()) > 0) return false;
      const look = this.service.redis.multi();
      for (const queue of allQueues) {
        const key = (list: string) => `{${this.service.prefix}}:${queue}:${list}`;
        look.llen(key('wait')).llen(key('active')).llen(key('paused')).zcard(key('delayed'));
      }
      const counts = (await look.exec()) ?? [];
      const isEmpty = counts.length > 0 && counts.every(([, count]) => count === 0);
      return isEmpty && (await inLists()) === 0;
    }, withinMs);
  }

  /** Waits until a job of that id stands among the dead, and returns it. */
  async dead(queue: string, jobId: string, withinMs?: number): Promise<Job> {
    return until(async () => {
      const job = await this.of(queue).getJob(jobId);
      // Read again: what was read before it died may be a try behind.
      return (await job?.isFailed()) ? this.of(queue).getJob(jobId) : undefined;
    }, withinMs);
  }

  /** Waits until the delivery of a goal's event to this handler is dead, and returns its job. */
  async deadDelivery(queue: string, goalId: string, handler: string): Promise<Job<DeliveryJob>> {
    return until(async () => {
      const dead: Job<DeliveryJob>[] = await this.of(queue).getFailed();
      return dead.find(
        ({ data: { event, handlers } }) =>
          handlers.join() === handler && (event.data as { goal_id?: string }).goal_id === goalId,
      );
    });
  }

  /** Waits for a job of that id, which its paused queue keeps, and notes all it takes to add it again. */
  async capture(queue: string, jobId: string): Promise<CapturedJob> {
    const { name, data, opts } = await until(() => this.of(queue).getJob(jobId));
    return { queue, name, data: data as unknown, opts };
  }

  /** Adds a job that is done once more, under its old id. */
  async addAgain({ queue, name, data, opts }: CapturedJob): Promise<void> {
    if (await this.of(queue).getJob(opts.jobId!))
      throw new Error(`the job ${opts.jobId} of ${queue} still exists`);
    await this.of(queue).add(name, data, opts);
  }

  async close(): Promise<void> {
    const queues = [...this.opened.values()];
    this.opened.clear();
    await Promise.all(queues.map((queue) => queue.close()));
  }
}

/** For a replay by a test, which is nobody's act. */
export const unrecorded = () => Promise.resolve();
