import { ShowViewers } from '#contributions';
import { idFrom, ProcessJob } from '#platform';
import { Channels, Realtime } from '#realtime';
import { Processor } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Job } from 'bull';
import { notifyInChunks } from '../notify-in-chunks.js';
import { type AuthorizeJob, authorizeJobs, AuthorizeQueue, authorizeViewers } from './authorize.queue.js';

/** Notifies viewers of a show, each on a channel of their own, that they may watch now. */
@Injectable()
export class TicketBuyerNotifier {
  constructor(
    private readonly realtime: Realtime,
    private readonly channels: Channels,
  ) {}

  /** Sends stream.authorized to each of them. */
  async notify(show: AuthorizeJob, viewers: string[]): Promise<void> {
    const { goal_id, session_id, streamer_id } = show;
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

/** Processes the jobs `authorize_viewers`: notifies the viewers of a show chunk by chunk. */
@Processor(authorizeViewers)
export class AuthorizeProcessor {
  constructor(
    private readonly jobs: AuthorizeQueue,
    private readonly viewers: ShowViewers,
    private readonly notifier: TicketBuyerNotifier,
  ) {}

  @ProcessJob(authorizeJobs)
  async process(job: Job<AuthorizeJob>): Promise<void> {
    const { data } = job;
    if (data.viewer_id !== undefined)
      return this.notifier.notify(
        data,
        await this.viewers.withoutBanned(data.funding_goal_id, [data.viewer_id]),
      );
    await notifyInChunks(job, this.viewers, this.jobs, (batch) => this.notifier.notify(data, batch));
  }
}
