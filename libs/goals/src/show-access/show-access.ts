import type { Access } from '#contracts';
import { AccessRuleStore, TicketStore } from '#contributions';
import { Batcher, batchOfReads, type BatchOutcome } from '#platform';
import { SessionStore, type SessionRecord } from '#sessions';
import { Injectable } from '@nestjs/common';
import { goalNotFound, notAShow, requestedClassOf } from '../goal/goal.problems.js';
import type { GoalRecord } from '../goal/goal.schema.js';
import { GoalStore } from '../goal/goal.store.js';
import { stateOf } from '../goal/rules.js';
import { GoalReader } from '../read-goal/goal.reader.js';
import { type AccessFacts, wayIn } from './access-rules.js';

/** A user of whom is asked, and the goal that it is about. */
interface Question<Goal> {
  goal: Goal;
  userId: string;
}

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
  private readonly questions: Batcher<Question<string>, Access>;

  constructor(
    private readonly reader: GoalReader,
    private readonly goals: GoalStore,
    private readonly sessions: SessionStore,
    private readonly rules: AccessRuleStore,
    private readonly tickets: TicketStore,
  ) {
    this.questions = new Batcher((questions) => this.answerAll(questions), batchOfReads);
  }

  /** Whether the user may watch. Throws if there is no such goal, it is not stored yet, or its class has no access. */
  async check(goalId: string, userId: string): Promise<Access> {
    return { ...(await this.questions.add({ goal: goalId, userId })), goal_id: goalId };
  }

  /** The funding goal that a question about this goal is about: itself, or the one that paid for this show. Throws as `check`. */
  async fundingGoalOf(goalId: string): Promise<GoalRecord> {
    const goal = await this.reader.stored(goalId);
    const goalClass = requestedClassOf(goal);
    if (goalClass === 'ShowFundingGoal') return goal;
    const { funding_goal_id: fundingGoalId } = goal.context;
    if (goalClass !== 'ShowGoal' || !fundingGoalId) throw notAShow(`A ${goalClass} has no tickets.`);
    const fundingGoal = await this.goals.find(fundingGoalId);
    if (!fundingGoal) throw goalNotFound(`There is no goal ${fundingGoalId}.`);
    return fundingGoal;
  }

  /** What is known about the access of a user to the show of this funding goal. */
  async inspect(fundingGoal: GoalRecord, userId: string): Promise<KnownAccess> {
    const [known] = await this.inspectAll([{ goal: fundingGoal, userId }]);
    return known!;
  }

  /** The same for many, by one read of each collection. */
  async inspectAll(questions: Question<GoalRecord>[]): Promise<KnownAccess[]> {
    const holders = questions.map(({ goal, userId }) => ({ goalId: goal._id.toHexString(), userId }));
    const sessionIds = [...new Set(questions.map(({ goal }) => goal.conditions.session_id))];
    const [found, rules, haveTickets] = await Promise.all([
      Promise.all(sessionIds.map((id) => this.sessions.find(id))),
      this.rules.findEach(holders),
      this.tickets.haveEach(holders),
    ]);
    const sessions = new Map(sessionIds.map((id, index) => [id, found[index] ?? null]));
    return questions.map(({ goal, userId }, index) => {
      const session_id = goal.conditions.session_id;
      const session = sessions.get(session_id) ?? null;
      const rule = rules[index];
      const facts: AccessFacts = {
        isClosed: isClosed(goal, session),
        isStreamer: session?.user.toHexString() === userId,
        rule: rule?.allowed ?? null,
        hasTicket: haveTickets[index]!,
      };
      const via = wayIn(facts);
      return {
        answer: { allowed: via !== null, via, goal_id: holders[index]!.goalId, session_id },
        facts,
        revision: rule?.revision ?? 0,
      };
    });
  }

  private async answerAll(questions: Question<string>[]): Promise<BatchOutcome<Access>[]> {
    const goals = new Map<string, GoalRecord | Error>();
    const goalIds = [...new Set(questions.map(({ goal }) => goal))];
    await Promise.all(
      goalIds.map(async (id) => goals.set(id, await this.fundingGoalOf(id).catch((error: Error) => error))),
    );
    const answerable = questions.flatMap(({ goal, userId }) => {
      const found = goals.get(goal)!;
      return found instanceof Error ? [] : [{ goal: found, userId }];
    });
    const known = (answerable.length > 0 ? await this.inspectAll(answerable) : []).values();
    return questions.map(({ goal }) => {
      const found = goals.get(goal)!;
      return found instanceof Error ? { error: found } : { value: known.next().value!.answer };
    });
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
