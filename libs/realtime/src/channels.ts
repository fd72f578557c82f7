import { AppConfig } from '#platform';
import { Injectable } from '@nestjs/common';

/** Names the channels, from the configured templates. */
@Injectable()
export class Channels {
  private readonly streamForm: RegExp;
  private readonly viewerForm: RegExp;

  constructor(private readonly config: AppConfig) {
    this.streamForm = formOf(config.channels.stream);
    this.viewerForm = formOf(config.channels.viewer);
  }

  /** The channel of a stream, for every signed-in viewer. */
  stream(streamerId: string): string {
    return this.config.channels.stream.replaceAll('{streamer_id}', streamerId);
  }

  /** Who a channel is for, by its name; undefined where it is none of ours. */
  read(channel: string): { streamerId: string; viewerId?: string } | undefined {
    const viewer = this.viewerForm.exec(channel)?.groups;
    if (viewer) return { streamerId: viewer.streamer_id ?? '', viewerId: viewer.viewer_id ?? '' };
    const stream = this.streamForm.exec(channel)?.groups;
    return stream && { streamerId: stream.streamer_id ?? '' };
  }

  /** The channel of one viewer of a stream. */
  viewer(streamerId: string, viewerId: string): string {
    return this.config.channels.viewer
      .replaceAll('{streamer_id}', streamerId)
      .replaceAll('{viewer_id}', viewerId);
  }
}

/** The names that a template makes: a streamer is 24 hex digits, a viewer whatever a user id may be. */
function formOf(template: string): RegExp {
  const literal = template.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`);
  const form = literal
    .replace('{streamer_id}', '(?<streamer_id>[0-9a-f]{24})')
    .replace('{viewer_id}', '(?<viewer_id>[A-Za-z0-9_\\-=,.;]{1,64})');
  return new RegExp(`^${form}$`);
}
