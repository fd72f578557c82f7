import { ShowViewers } from '#contributions';
import { idFrom, ProcessJob } from '#platform';
import { Channels, Realtime } from '#realtime';
import { Processor } from '@nestjs/bull';
import type { Job } from 'bull';
import { notifyInChunks } from '../notify-in-chunks.js';
import { type RevokeJob, revokeJobs, RevokeQueue, revokeViewers } from './revoke.queue.js';

/** Processes the jobs `revoke_viewers`: notifies all who could watch a show, chunk by chunk, that nobody may any more. */
@Processor(revokeViewers)
export class RevokeProcessor {
  constructor(
    private readonly jobs: RevokeQueue,
    private readonly viewers: ShowViewers,
    private readonly realtime: Realtime,
    private readonly channels: Channels,
  ) {}

  @ProcessJob(revokeJobs)
  async process(job: Job<RevokeJob>): Promise<void> {
    await notifyInChunks(job, this.viewers, this.jobs, (batch) =>
      this.realtime.sendAll(batch.map((viewerId) => this.messageTo(viewerId, job.data))),
    );
  }

  /** A funding goal that is void in a session that ends is told of twice, by the same event_id. */
  private messageTo(viewer_id: string, { funding_goal_id, session_id, streamer_id, cause }: RevokeJob) {
    return {
      channel: this.channels.viewer(streamer_id, viewer_id),
      name: 'stream.revoked',
      payload: {
        event_id: idFrom('stream.revoked', funding_goal_id, viewer_id, 'all'),
        goal_id: funding_goal_id,
        session_id,
        streamer_id,
        viewer_id,
        cause,
      },
    };
  }
}
