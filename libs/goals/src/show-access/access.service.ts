import type { Access } from '#contracts';
import { AccessRuleStore, type RuleAction, ruleIdOf } from '#contributions';
import { type Caller, Clock } from '#platform';
import { SessionReader } from '#sessions';
import { Injectable } from '@nestjs/common';
import { assertMayManage } from '../create-goal/session-guard.js';
import { AccessQueue } from './access.queue.js';
import { wayIn } from './access-rules.js';
import { ShowAccess } from './show-access.js';

/** Lets users in and shuts them out by hand. */
@Injectable()
export class AccessService {
  constructor(
    private readonly access: ShowAccess,
    private readonly sessions: SessionReader,
    private readonly rules: AccessRuleStore,
    private readonly jobs: AccessQueue,
    private readonly clock: Clock,
  ) {}

  /**
   * Decides about a user: true is a grant, false a ban, null takes either back. A change of access is stored with the decision,
   * and published from there. May be repeated. Returns the access after it.
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
      const { answer, facts, revision } = await this.access.inspect(fundingGoal, userId);
      if (allowed === null && facts.rule === null) return { ...answer, goal_id: goalId };
      const via = wayIn({ ...facts, rule: allowed });
      const isAllowed = via !== null;
      const decision = { allowed, reason, by: caller.userId, at: this.clock.now() };
      const change =
        isAllowed === answer.allowed ? undefined : { allowed: isAllowed, cause: causeOf(allowed) };
      if (!(await this.rules.write(fundingGoalId, userId, revision, decision, change))) continue;
      if (change) await this.jobs.add(ruleIdOf(fundingGoalId, userId));
      return { ...answer, allowed: isAllowed, via, goal_id: goalId };
    }
  }
}

function causeOf(allowed: boolean | null): RuleAction {
  if (allowed === null) return 'taken_back';
  return allowed ? 'grant' : 'ban';
}
