import { carried } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';

/** Name of the job and of its queue. */
export const analyticsTrack = 'analytics.track';

/** What the job `analytics.track` carries. */
export interface TrackJob {
  event_id: string;
  event: string;
  goal_id: string;
  user_id: string | null;
  properties: object;
  occurred_at: string;
}

/** Hands facts to analytics, which takes them in its own time. */
@Injectable()
export class TrackQueue {
  constructor(@InjectQueue(analyticsTrack) private readonly queue: Queue<TrackJob>) {}

  /** Queues a fact; a second one with the same event id changes nothing. */
  async add(job: TrackJob): Promise<void> {
    await this.queue.add(analyticsTrack, job, { jobId: job.event_id, ...carried() });
  }
}
