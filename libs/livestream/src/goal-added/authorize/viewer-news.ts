import { idFrom } from '#platform';
import { Channels, Realtime } from '#realtime';
import { Injectable } from '@nestjs/common';
import type { AuthorizeJob } from './authorize.queue.js';

/** Tells viewers of a show, each on a channel of their own, that they may watch now. */
@Injectable()
export class ViewerNews {
  constructor(
    private readonly realtime: Realtime,
    private readonly channels: Channels,
  ) {}

  /** Whether they are told within a moment. */
  get isPrompt(): boolean {
    return this.realtime.isPrompt;
  }

  /** Sends stream.authorized to each of them. */
  async tell(show: AuthorizeJob, viewers: string[]): Promise<void> {
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
