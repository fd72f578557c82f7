import type { Access } from '#contracts';
import { AccessRuleStore, TicketStore } from '#contributions';
import { SessionStore, type SessionRecord } from '#sessions';
import { Injectable } from '@nestjs/common';
import { goalNotFound, notAShow, unknownGoalClass } from '../goal/goal.problems.js';
import type { GoalRecord } from '../goal/goal.schema.js';
import { GoalStore } from '../goal/goal.store.js';
import { classOf } from '../goal/goal.view.js';
import { stateOf } from '../goal/rules.js';
import { GoalReader } from '../read-goal/goal.reader.js';
import { type AccessFacts, wayIn } from './access-rules.js';

/** What is known about the access of a user, and what follows from it. */
export interface KnownAccess {
  answer: Access;
  facts: AccessFacts;
  /** How often the rule for the user was changed; 0 if there is none. */
  revision: number;
}

/**
 * Whether a user may watch a show: the one place that says so. Always asks the primary, so that a void, a ban or the end of a
 * session counts at once on every api; questions in flight share their reads.
 */
@Injectable()
export class ShowAccess {
  constructor(
    private readonly reader: GoalReader,
    private readonly goals: GoalStore,
    private readonly sessions: SessionStore,
    private readonly rules: AccessRuleStore,
    private readonly tickets: TicketStore,
  ) {}

  /** Whether the user may watch. Throws if there is no such goal, it is not stored yet, or its class has no access. */
  async check(goalId: string, userId: string): Promise<Access> {
    const { answer } = await this.inspect(await this.fundingGoalOf(goalId), userId);
    return answer;
  }

  /** The funding goal that a question about this goal is about: itself, or the one that paid for this show. Throws as `check`. */
  async fundingGoalOf(goalId: string): Promise<GoalRecord> {
    const goal = await this.reader.stored(goalId);
    const goalClass = classOf(goal);
    if (goalClass === 'ShowFundingGoal') return goal;
    if (!goalClass) throw unknownGoalClass('The class of the goal is not known here.', { goal_id: goalId });
    const { funding_goal_id: fundingGoalId } = goal.context;
    if (goalClass !== 'ShowGoal' || !fundingGoalId)
      throw notAShow(`A ${goalClass} has no tickets.`, { goal_id: goalId });
    const fundingGoal = await this.goals.find(fundingGoalId);
    if (!fundingGoal) throw goalNotFound(`There is no goal ${fundingGoalId}.`);
    return fundingGoal;
  }

  /** What is known about the access of a user to the show of this funding goal. */
  async inspect(fundingGoal: GoalRecord, userId: string): Promise<KnownAccess> {
    const goalId = fundingGoal._id.toHexString();
    const sessionId = fundingGoal.conditions.session_id;
    const [session, rule, hasTicket] = await Promise.all([
      this.sessions.find(sessionId),
      this.rules.find(goalId, userId),
      this.tickets.has(goalId, userId),
    ]);
    const facts: AccessFacts = {
      isClosed: isClosed(fundingGoal, session),
      isStreamer: session?.user.toHexString() === userId,
      rule: rule?.allowed ?? null,
      hasTicket,
    };
    const via = wayIn(facts);
    return {
      answer: { allowed: via !== null, via, goal_id: goalId, session_id: sessionId },
      facts,
      revision: rule?.revision ?? 0,
    };
  }
}

function isClosed(fundingGoal: GoalRecord, session: SessionRecord | null): boolean {
  return (
    !session ||
    session.active === false ||
    fundingGoal.outcome === 'void' ||
    stateOf(fundingGoal) === 'cancelled'
  );
}
