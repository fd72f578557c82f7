import { AppConfig } from '#platform';
import { Injectable } from '@nestjs/common';

/** Names the channels, from the configured templates. */
@Injectable()
export class Channels {
  constructor(private readonly config: AppConfig) {}

  /** The channel of a stream, for every signed-in viewer. */
  stream(streamerId: string): string {
    return this.config.channels.stream.replaceAll('{streamer_id}', streamerId);
  }

  /** The channel of one viewer of a stream. */
  viewer(streamerId: string, viewerId: string): string {
    return this.config.channels.viewer
      .replaceAll('{streamer_id}', streamerId)
      .replaceAll('{viewer_id}', viewerId);
  }
}
