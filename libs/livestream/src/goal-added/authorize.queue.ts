import { idFrom, isId, JobKind } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';

/** Name of the job and of its queue. */
export const authorizeViewers = 'authorize_viewers';

/** A show whose viewers have to be notified that they may watch: all after `after`, or a single one. */
export interface AuthorizeJob {
  goal_id: string;
  session_id: string;
  streamer_id: string;
  funding_goal_id: string;
  /** The last viewer up to whom all were notified, in the order of their ids. */
  after?: string;
  /** The only viewer of this job, who bought a ticket when the show already existed. */
  viewer_id?: string;
}

/** The jobs `authorize_viewers`. */
export const authorizeJobs = new JobKind<AuthorizeJob>({
  name: authorizeViewers,
  version: 1,
  isReadable: ({ goal_id, session_id, streamer_id, funding_goal_id }) =>
    [goal_id, session_id, streamer_id, funding_goal_id].every(isId),
});

/** Queues the notifications in chunks, so that a retry after a crash repeats little. */
@Injectable()
export class AuthorizeQueue {
  constructor(@InjectQueue(authorizeViewers) private readonly queue: Queue<AuthorizeJob>) {}

  /** Queues a chunk; adding it again while it waits changes nothing. */
  async add(job: AuthorizeJob): Promise<void> {
    const part = job.viewer_id === undefined ? ['after', job.after ?? ''] : ['viewer', job.viewer_id];
    // The id of a job cannot be changed if the user it is about is erased, so it does not say which.
    await authorizeJobs.add(this.queue, job, { jobId: `${job.goal_id}.${idFrom(...part)}` });
  }
}
