import { jobContext, idFrom } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';

/** Name of the job and of its queue. */
export const refusedPush = 'refused_push';

/** An event that the server refused, or that could not be encoded, in a batch with accepted ones. */
export interface RefusedPushJob {
  channel: string;
  name: string;
  payload: Record<string, unknown>;
}

/** Queues a refused event of a batch to be sent alone; if it is refused again it is dead, until a replay. */
@Injectable()
export class RefusedPushQueue {
  constructor(@InjectQueue(refusedPush) private readonly queue: Queue<RefusedPushJob>) {}

  /** Queues an event; adding the same event again changes nothing. */
  async add(job: RefusedPushJob): Promise<void> {
    const { channel, name, payload } = job;
    const jobId = idFrom(channel, name, JSON.stringify(payload));
    await this.queue.add(refusedPush, job, { jobId, ...jobContext() });
  }
}
