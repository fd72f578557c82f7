import { ChannelCache } from '#livestream';
import { Channels } from '#realtime';
import { Injectable } from '@nestjs/common';
import { ShowAccess } from './show-access.js';

/** Decides who may join which channel. */
@Injectable()
export class ChannelAccess {
  constructor(
    private readonly channels: Channels,
    private readonly cache: ChannelCache,
    private readonly access: ShowAccess,
  ) {}

  /** Why the user may not join the channel; undefined if the user may. */
  async refusal(userId: string, channel: string): Promise<string | undefined> {
    const named = this.channels.read(channel);
    if (!named) return 'There is no such channel.';
    const { streamerId, viewerId } = named;
    if (viewerId === undefined) return undefined;
    if (viewerId !== userId) return "The channel is another viewer's.";
    if (viewerId === streamerId) return undefined;
    return (await this.mayWatch(userId, streamerId)) ? undefined : 'The channel needs a ticket.';
  }

  /** The cache says only which goals to ask for. One that is newer than it may let the user in. */
  private async mayWatch(userId: string, streamerId: string): Promise<boolean> {
    const { fundingGoalIds } = await this.cache.get(streamerId);
    if (await this.access.mayWatch(userId, fundingGoalIds)) return true;
    const fresh = await this.cache.refresh(streamerId);
    return this.access.mayWatch(userId, fresh.fundingGoalIds);
  }
}
