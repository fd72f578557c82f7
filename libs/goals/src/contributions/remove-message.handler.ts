import { actorOf, AuditLog } from '#audit';
import { ContributionStore } from '#contributions';
import { type Caller, isId, problemKind, Transactions } from '#platform';
import { SessionReader } from '#sessions';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { assertMayManage } from '../create-goal/session-guard.js';
import { goalNotFound, unknownGoalClass } from '../goal/goal.problems.js';
import { GoalStore } from '../goal/goal.store.js';
import { classOf } from '../goal/goal.view.js';
import { ProgressStore } from '../goal/progress.store.js';
import { UnpublishedGoals } from '../publishing/unpublished-goals.js';

export const contributionNotFound = problemKind(
  404,
  'contribution_not_found',
  'The goal has no such contribution',
);

/** Removes the message of a contribution. The contribution itself stays as it is. */
export class RemoveMessageCommand extends Command<void> {
  constructor(
    readonly goalId: string,
    readonly sourceId: string,
    readonly caller: Caller,
  ) {
    super();
  }
}

/**
 * Removes a message for good, so that no answer shows it, and tells screens that still do by goal.updated. The text is in no event
 * and in no line of the audit log. May be repeated.
 */
@CommandHandler(RemoveMessageCommand)
export class RemoveMessageHandler implements ICommandHandler<RemoveMessageCommand> {
  constructor(
    private readonly goals: GoalStore,
    private readonly sessions: SessionReader,
    private readonly contributions: ContributionStore,
    private readonly progress: ProgressStore,
    private readonly unpublished: UnpublishedGoals,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
  ) {}

  async execute({ goalId, sourceId, caller }: RemoveMessageCommand): Promise<void> {
    const goal = isId(goalId) ? await this.goals.find(goalId) : null;
    if (!goal) throw goalNotFound(`There is no goal ${goalId}.`);
    if (!classOf(goal))
      throw unknownGoalClass('The class of the goal is not known here.', { goal_id: goalId });
    const { session_id } = goal.conditions;
    assertMayManage(caller, await this.sessions.get(session_id));
    const isRemoved = await this.transactions.run(async (transaction) => {
      const hadMessage = await this.contributions.removeMessage(goalId, sourceId, transaction);
      if (hadMessage === undefined)
        throw contributionNotFound('The goal has no contribution of this source_id.');
      if (!hadMessage) return false;
      await this.progress.noteUpdate(goalId, [`contributions.${sourceId}.message`], transaction);
      const target = { goal_id: goalId, session_id, source_id: sourceId };
      const line = { act: 'remove_message' as const, actor: actorOf(caller), target };
      await this.audit.record({ ...line, after: { message: null } }, transaction);
      return true;
    });
    // If this is lost, the sweep of unpublished goals finds it.
    if (isRemoved) await this.unpublished.changed(goalId, goal.unit);
  }
}
