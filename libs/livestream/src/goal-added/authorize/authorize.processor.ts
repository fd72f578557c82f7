import { ContributionStore } from '#contributions';
import { idFrom, JobWorkers } from '#platform';
import { batchLimit, Channels, Realtime } from '#realtime';
import { InjectQueue } from '@nestjs/bull';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Job, Queue } from 'bull';
import { type AuthorizeJob, AuthorizeQueue, authorizeViewers } from './authorize.queue.js';

const chunk = 200;

/** Works off the jobs `authorize_viewers`: stream.authorized to each viewer on a channel of their own. */
@Injectable()
export class AuthorizeProcessor implements OnModuleInit {
  constructor(
    private readonly workers: JobWorkers,
    @InjectQueue(authorizeViewers) private readonly queue: Queue<AuthorizeJob>,
    private readonly jobs: AuthorizeQueue,
    private readonly contributions: ContributionStore,
    private readonly realtime: Realtime,
    private readonly channels: Channels,
  ) {}

  onModuleInit(): void {
    this.workers.register({ queue: this.queue, name: authorizeViewers, run: (job) => this.run(job) });
  }

  private async run(job: Job<AuthorizeJob>): Promise<void> {
    const { data } = job;
    if (data.viewer_id !== undefined) return this.tell(data, [data.viewer_id]);
    const owners = await this.contributions.owners(data.funding_goal_id, data.after, chunk);
    // A show that nobody has bought a ticket for is announced to its streamer alone.
    if (owners.length === 0 && data.after === undefined) return this.tell(data, [data.streamer_id]);
    for (let begin = 0; begin < owners.length; begin += batchLimit) {
      const batch = owners.slice(begin, begin + batchLimit);
      await this.tell(data, batch);
      // What is noted here is where a worker goes on that takes the job over.
      await job.update({ ...data, after: batch.at(-1) });
    }
    if (owners.length === chunk) await this.jobs.add({ ...data, after: owners.at(-1) });
  }

  private async tell({ goal_id, session_id, streamer_id }: AuthorizeJob, viewers: string[]): Promise<void> {
    await this.realtime.sendAll(
      viewers.map((viewer_id) => ({
        channel: this.channels.viewer(streamer_id, viewer_id),
        name: 'stream.authorized',
        payload: {
          event_id: idFrom('stream.authorized', goal_id, viewer_id),
          goal_id,
          session_id,
          streamer_id,
          viewer_id,
        },
      })),
    );
  }
}
