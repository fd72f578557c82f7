import { ContributionStore } from '#contributions';
import { isId, JobWorkers } from '#platform';
import { batchLimit } from '#realtime';
import { InjectQueue } from '@nestjs/bull';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Job, Queue } from 'bull';
import { type AuthorizeJob, AuthorizeQueue, authorizeViewers } from './authorize.queue.js';
import { TicketBuyerNotifier } from './ticket-buyer-notifier.js';

const chunk = 200;

/** Works off the jobs `authorize_viewers`: stream.authorized to each viewer on a channel of their own. */
@Injectable()
export class AuthorizeProcessor implements OnModuleInit {
  constructor(
    private readonly workers: JobWorkers,
    @InjectQueue(authorizeViewers) private readonly queue: Queue<AuthorizeJob>,
    private readonly jobs: AuthorizeQueue,
    private readonly contributions: ContributionStore,
    private readonly notifier: TicketBuyerNotifier,
  ) {}

  onModuleInit(): void {
    this.workers.register({
      queue: this.queue,
      name: authorizeViewers,
      isReadable: ({ goal_id, session_id, streamer_id, funding_goal_id }) =>
        [goal_id, session_id, streamer_id, funding_goal_id].every(isId),
      run: (job) => this.run(job),
    });
  }

  private async run(job: Job<AuthorizeJob>): Promise<void> {
    const { data } = job;
    if (data.viewer_id !== undefined) return this.notifier.notify(data, [data.viewer_id]);
    const owners = await this.contributions.owners(data.funding_goal_id, data.after, chunk);
    for (let begin = 0; begin < owners.length; begin += batchLimit) {
      const batch = owners.slice(begin, begin + batchLimit);
      await this.notifier.notify(data, batch);
      // What is noted here is where a worker goes on that takes the job over.
      await job.update({ ...data, after: batch.at(-1) });
    }
    if (owners.length === chunk) await this.jobs.add({ ...data, after: owners.at(-1) });
  }
}
