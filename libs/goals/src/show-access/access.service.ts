import { actorOf, type AuditAct, AuditLog } from '#audit';
import type { Access } from '#contracts';
import { type AccessDecision, AccessRuleStore, type RuleAction, ruleIdOf } from '#contributions';
import { type Caller, Clock, isDuplicateKey, Transactions } from '#platform';
import { SessionReader } from '#sessions';
import { Injectable } from '@nestjs/common';
import { assertMayManage } from '../create-goal/session-guard.js';
import { AccessQueue } from './access.queue.js';
import { wayIn } from './access-rules.js';
import { type KnownAccess, ShowAccess } from './show-access.js';

/** Lets users in and shuts them out by hand. */
@Injectable()
export class AccessService {
  constructor(
    private readonly access: ShowAccess,
    private readonly sessions: SessionReader,
    private readonly rules: AccessRuleStore,
    private readonly jobs: AccessQueue,
    private readonly clock: Clock,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Decides about a user: true is a grant, false a ban, null takes either back. A change of access and the line of the audit log
   * are stored with the decision; the change is published from there. May be repeated. Returns the access after it.
   */
  async decide(
    goalId: string,
    userId: string,
    { allowed, reason = null }: { allowed: boolean | null; reason?: string | null },
    caller: Caller,
  ): Promise<Access> {
    const fundingGoal = await this.access.fundingGoalOf(goalId);
    assertMayManage(caller, await this.sessions.get(fundingGoal.conditions.session_id));
    const fundingGoalId = fundingGoal._id.toHexString();
    for (;;) {
      const known = await this.access.inspect(fundingGoal, userId);
      const { answer, facts } = known;
      if (allowed === null && facts.rule === null) return { ...answer, goal_id: goalId };
      const via = wayIn({ ...facts, rule: allowed });
      const isAllowed = via !== null;
      const decision = { allowed, reason, by: caller.userId, at: this.clock.now() };
      const change =
        isAllowed === answer.allowed ? undefined : { allowed: isAllowed, cause: causeOf(allowed) };
      if (!(await this.write({ fundingGoalId, userId, known, decision, change, caller }))) continue;
      if (change) await this.jobs.add(ruleIdOf(fundingGoalId, userId));
      return { ...answer, allowed: isAllowed, via, goal_id: goalId };
    }
  }

  /** Stores a decision with its line in the audit log. False if another one came between. */
  private async write({ fundingGoalId, userId, known, decision, change, caller }: Decided): Promise<boolean> {
    const { answer, facts, revision } = known;
    const { allowed, reason } = decision;
    try {
      return await this.transactions.run(async (transaction) => {
        if (!(await this.rules.write(fundingGoalId, userId, revision, decision, change, transaction)))
          return false;
        const line = {
          act: actOf[causeOf(allowed)],
          actor: actorOf(caller),
          target: { goal_id: fundingGoalId, session_id: answer.session_id, user_id: userId },
          before: { allowed: facts.rule },
          after: { allowed, reason },
        };
        await this.audit.record(line, transaction);
        return true;
      });
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }
}

/** A decision about a user, and what was known when it was made. */
interface Decided {
  fundingGoalId: string;
  userId: string;
  known: KnownAccess;
  decision: AccessDecision;
  change?: { allowed: boolean; cause: RuleAction };
  caller: Caller;
}

const actOf: Record<RuleAction, AuditAct> = {
  grant: 'grant_access',
  ban: 'ban_access',
  taken_back: 'take_back_access',
};

function causeOf(allowed: boolean | null): RuleAction {
  if (allowed === null) return 'taken_back';
  return allowed ? 'grant' : 'ban';
}
