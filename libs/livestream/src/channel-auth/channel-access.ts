import { ContributionStore } from '#contributions';
import { Injectable } from '@nestjs/common';
import { Channels } from '#realtime';
import { ChannelCache } from '../channel-cache/channel-cache.js';

/** Decides who may join which channel. */
@Injectable()
export class ChannelAccess {
  constructor(
    private readonly channels: Channels,
    private readonly cache: ChannelCache,
    private readonly contributions: ContributionStore,
  ) {}

  /** Why the user may not join the channel; undefined where the user may. */
  async refusal(userId: string, channel: string): Promise<string | undefined> {
    const named = this.channels.read(channel);
    if (!named) return 'There is no such channel.';
    const { streamerId, viewerId } = named;
    if (viewerId === undefined) return undefined;
    if (viewerId !== userId) return "The channel is another viewer's.";
    if (viewerId === streamerId) return undefined;
    const { fundingGoalIds } = await this.cache.get(streamerId);
    return (await this.contributions.isOwner(fundingGoalIds, userId))
      ? undefined
      : 'The channel needs a ticket.';
  }
}
