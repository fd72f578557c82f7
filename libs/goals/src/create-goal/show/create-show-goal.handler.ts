import type { SessionRecord } from '#sessions';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { alreadyBound, createInFlight, fundingNotBound } from '../../goal/goal.problems.js';
import { Admission } from '../admission.js';
import { Claims } from '../claims.js';
import { References } from '../references.js';
import { CreateShowGoalCommand } from './create-show-goal.command.js';

/** The funding goal is one of that same session, its pair is in the session, and no show goal is or will be bound to it. */
@CommandHandler(CreateShowGoalCommand)
export class CreateShowGoalHandler implements ICommandHandler<CreateShowGoalCommand> {
  constructor(
    private readonly admission: Admission,
    private readonly references: References,
    private readonly claims: Claims,
  ) {}

  async execute(command: CreateShowGoalCommand): Promise<{ goal_id: string }> {
    const { goalId, intent } = command;
    const fundingGoalId = intent.context.funding_goal_id!;
    const session = await this.admission.sessionFor(command);
    await this.references.require({
      goalId: fundingGoalId,
      goalClass: 'ShowFundingGoal',
      sessionId: intent.context.session_id,
      pointer: '/context/funding_goal_id',
    });
    const bound = boundShow(session, fundingGoalId);
    if (bound === goalId) return { goal_id: goalId };
    if (bound) throw alreadyBound('The funding goal already has its show goal.', { goal_id: bound });

    const holder = await this.claims.take(['show', fundingGoalId], goalId, (id) =>
      this.references.exists(id),
    );
    if (holder) throw createInFlight('Another show goal is being created for it.', { goal_id: holder });
    return this.admission.accept('ShowGoal', command);
  }
}

/** The show goal in the pair of a funding goal, if any; throws where the session has no such pair yet. */
function boundShow(session: SessionRecord, fundingGoalId: string): string | undefined {
  const pair = session.show_goal_pairs?.find(
    ({ funding_goal }) => funding_goal.toHexString() === fundingGoalId,
  );
  if (!pair) throw fundingNotBound('Wait until the session shows the pair of the funding goal.');
  return pair.show_goal?.toHexString();
}
