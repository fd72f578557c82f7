import { notFound, replayFailed } from '#platform';
import type { Queue } from 'bull';

const replayedAtOnce = 100;

/** Replays dead jobs for the queue board. */
export class Replays {
  constructor(private readonly queues: Queue[]) {}

  /** Gives a dead job its tries again. Throws the problem not_found if no dead job has that id. */
  async one(queueName: string, jobId: string): Promise<void> {
    if (!(await replayFailed(this.queueOf(queueName), jobId)))
      throw notFound(`No dead job of ${queueName} has that id.`);
  }

  /** Gives each job of a queue that is dead now its tries again. Throws the problem not_found if there is no such queue. */
  async all(queueName: string): Promise<{ retried: number; skipped: number }> {
    const queue = this.queueOf(queueName);
    const ids = await queue.client.zrange(queue.toKey('failed'), 0, -1);
    let retried = 0;
    for (let from = 0; from < ids.length; from += replayedAtOnce) {
      const outcomes = ids.slice(from, from + replayedAtOnce).map((id) => replayFailed(queue, id));
      retried += (await Promise.all(outcomes)).filter(Boolean).length;
    }
    return { retried, skipped: ids.length - retried };
  }

  private queueOf(name: string): Queue {
    const queue = this.queues.find((one) => one.name === name);
    if (!queue) throw notFound('There is no such queue.');
    return queue;
  }
}
