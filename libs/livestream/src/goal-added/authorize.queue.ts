import { carried } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';

/** Name of the job and of its queue. */
export const authorizeViewers = 'authorize_viewers';

/** A show whose viewers are to be told that they may watch: all ticket owners from behind `after` on, or one alone. */
export interface AuthorizeJob {
  goal_id: string;
  session_id: string;
  streamer_id: string;
  funding_goal_id: string;
  /** The last owner that was told; owners are told in the order of their ids. */
  after?: string;
  /** The one viewer that this job is for: somebody who bought a ticket once the show was there. */
  viewer_id?: string;
}

/** Queues the telling of viewers, in chunks, so that a crash costs no more than where it stopped. */
@Injectable()
export class AuthorizeQueue {
  constructor(@InjectQueue(authorizeViewers) private readonly queue: Queue<AuthorizeJob>) {}

  /** Queues a chunk; the same chunk again changes nothing while it waits. */
  async add(job: AuthorizeJob): Promise<void> {
    const part = job.viewer_id === undefined ? `after.${job.after ?? ''}` : `viewer.${job.viewer_id}`;
    await this.queue.add(authorizeViewers, job, { jobId: `${job.goal_id}.${part}`, ...carried() });
  }
}
