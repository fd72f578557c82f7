import { ContributionStore } from '#contributions';
import { SessionStore } from '#sessions';
import { Injectable } from '@nestjs/common';
import { GoalStore } from '../goal/goal.store.js';
import { stateOf } from '../goal/state.js';

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
