import { ContributionStore } from '#contributions';
import { ChannelCache } from '#livestream';
import { Channels } from '#realtime';
import { SessionStore } from '#sessions';
import { Injectable } from '@nestjs/common';
import { GoalStore } from '../goal/goal.store.js';
import { stateOf } from '../goal/rules.js';

/** Decides who may watch a show. Always asks the stores, so that the end of a session or a goal counts at once on every api. */
@Injectable()
export class ShowAccess {
  constructor(
    private readonly contributions: ContributionStore,
    private readonly goals: GoalStore,
    private readonly sessions: SessionStore,
  ) {}

  /** Whether the user has a ticket for one of these funding goals which is not cancelled and whose session is running. */
  async mayWatch(userId: string, fundingGoalIds: string[]): Promise<boolean> {
    const ticketed = await this.contributions.goalsOf(userId, fundingGoalIds);
    if (ticketed.length === 0) return false;
    const goals = await this.goals.findAll(ticketed);
    const sessionIds = goals
      .filter((goal) => stateOf(goal) !== 'cancelled')
      .map(({ conditions }) => conditions.session_id);
    const sessions = await this.sessions.findAll([...new Set(sessionIds)]);
    return sessions.some(({ active }) => active !== false);
  }
}

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
    const named = this.channels.parse(channel);
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
