import { carried } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';
import type { TrackJob } from './track-queue.js';

/** Name of the job and of its queue. */
export const analyticsForward = 'analytics.forward';

/** Hands facts on to the analytics service, in a queue of their own, so that its outage holds up nothing else. */
@Injectable()
export class ForwardQueue {
  constructor(@InjectQueue(analyticsForward) private readonly queue: Queue<TrackJob>) {}

  /** Queues a fact; a second one with the same event id changes nothing. */
  async add(job: TrackJob): Promise<void> {
    await this.queue.add(analyticsForward, job, { jobId: job.event_id, ...carried() });
  }
}
