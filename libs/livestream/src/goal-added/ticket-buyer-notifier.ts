import { idFrom } from '#platform';
import { Channels, Realtime } from '#realtime';
import { Injectable } from '@nestjs/common';
import type { AuthorizeJob } from './authorize.queue.js';

/** Notifies ticket buyers of a show, each on a channel of their own, that they may watch now. */
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
