import { idFrom, isId, JobKind } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';

/** Name of the job and of its queue. */
export const revokeViewers = 'revoke_viewers';

/** A funding goal whose viewers have to be notified that they may watch no longer: all after `after`. */
export interface RevokeJob {
  funding_goal_id: string;
  session_id: string;
  streamer_id: string;
  cause: 'settled' | 'session_ended';
  /** The last viewer up to whom all were notified, in the order of their ids. */
  after?: string;
}

/** The jobs `revoke_viewers`. */
export const revokeJobs = new JobKind<RevokeJob>({
  name: revokeViewers,
  version: 1,
  isReadable: ({ session_id, streamer_id, funding_goal_id }) =>
    [session_id, streamer_id, funding_goal_id].every(isId),
});

/** Queues the notifications in chunks, as those of AuthorizeQueue. */
@Injectable()
export class RevokeQueue {
  constructor(@InjectQueue(revokeViewers) private readonly queue: Queue<RevokeJob>) {}

  /** Queues a chunk; adding it again while it waits changes nothing. */
  async add(job: RevokeJob): Promise<void> {
    const jobId = `${job.funding_goal_id}.${idFrom('after', job.after ?? '')}`;
    await revokeJobs.add(this.queue, job, { jobId });
  }
}
