import { AccessRuleStore, ContributionStore } from '#contributions';
import { ChannelCache } from '#livestream';
import { Channels } from '#realtime';
import { SessionStore } from '#sessions';
import { Injectable } from '@nestjs/common';
import { GoalStore } from '../goal/goal.store.js';
import { ShowAccess } from './show-access.js';

/** Why a user may not join a channel; or else, for a viewer's own channel, the session that lets the user in. */
export type ChannelDecision = { refusal: string } | { sessionId?: string };

/** Decides who may join which channel. */
@Injectable()
export class ChannelAccess {
  constructor(
    private readonly channels: Channels,
    private readonly cache: ChannelCache,
    private readonly sessions: SessionStore,
    private readonly goals: GoalStore,
    private readonly contributions: ContributionStore,
    private readonly rules: AccessRuleStore,
    private readonly access: ShowAccess,
  ) {}

  /** Whether the user may join the channel. */
  async decide(userId: string, channel: string): Promise<ChannelDecision> {
    const named = this.channels.parse(channel);
    if (!named) return { refusal: 'There is no such channel.' };
    const { streamerId, viewerId } = named;
    if (viewerId === undefined) return {};
    if (viewerId !== userId) return { refusal: "The channel is another viewer's." };
    if (viewerId === streamerId) {
      const sessionId = await this.sessions.newestRunningOf(streamerId);
      return sessionId ? { sessionId } : { refusal: 'The channel needs a session that is running.' };
    }
    const sessionId = await this.sessionFor(userId, streamerId);
    return sessionId ? { sessionId } : { refusal: 'The channel needs a ticket or a grant.' };
  }

  /** The cache says only which goals to ask for. One that is newer than it may let the user in. */
  private async sessionFor(userId: string, streamerId: string): Promise<string | undefined> {
    const { fundingGoalIds } = await this.cache.get(streamerId);
    const sessionId = await this.newestSession(userId, fundingGoalIds);
    if (sessionId) return sessionId;
    const fresh = await this.cache.refresh(streamerId);
    return this.newestSession(userId, fresh.fundingGoalIds);
  }

  /** The newest session of those in which one of these funding goals lets the user watch. */
  private async newestSession(userId: string, fundingGoalIds: string[]): Promise<string | undefined> {
    const [ticketed, granted] = await Promise.all([
      this.contributions.goalsOf(userId, fundingGoalIds),
      this.rules.grantedGoals(userId, fundingGoalIds),
    ]);
    const candidates = await this.goals.findAll([...new Set([...ticketed, ...granted])]);
    const known = await this.access.inspectAll(candidates.map((goal) => ({ goal, userId })));
    return known
      .flatMap(({ answer }) => (answer.allowed ? [answer.session_id] : []))
      .toSorted()
      .at(-1);
  }
}
