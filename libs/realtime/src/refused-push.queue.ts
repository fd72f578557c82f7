import { idFrom, JobKind } from '#platform';
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

/** The jobs `refused_push`. */
export const refusedPushJobs = new JobKind<RefusedPushJob>({
  name: refusedPush,
  version: 1,
  isReadable: ({ channel, name, payload }) =>
    typeof channel === 'string' && typeof name === 'string' && typeof payload === 'object',
});

/** Queues a refused event of a batch to be sent alone; if it is refused again it is dead, until a replay. */
@Injectable()
export class RefusedPushQueue {
  constructor(@InjectQueue(refusedPush) private readonly queue: Queue<RefusedPushJob>) {}

  /** Queues an event; adding the same event again changes nothing. */
  async add(job: RefusedPushJob): Promise<void> {
    const { channel, name, payload } = job;
    const jobId = idFrom(channel, name, JSON.stringify(payload));
    await refusedPushJobs.add(this.queue, job, { jobId });
  }
}
