import type { Goal } from '#contracts';
import { SessionReader } from '#sessions';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { assertMayManage } from '../create-goal/admission.js';
import { GoalReader, notStored } from '../get-goal/goal.reader.js';
import { goalNotFound, goalOver, unknownGoalClass } from '../goal/goal.problems.js';
import type { GoalRecord } from '../goal/goal.schema.js';
import { classOf, toGoal } from '../goal/goal.view.js';
import { LifecycleStore } from '../goal/lifecycle.store.js';
import { isOver, stateOf } from '../goal/state.js';
import { LifecycleQueue } from '../lifecycle/lifecycle.queue.js';
import { CancelGoalCommand } from './cancel-goal.command.js';

/** Cancels a goal. Cancelling it again answers the same; a goal that ended otherwise is refused. */
@CommandHandler(CancelGoalCommand)
export class CancelGoalHandler implements ICommandHandler<CancelGoalCommand> {
  constructor(
    private readonly reader: GoalReader,
    private readonly sessions: SessionReader,
    private readonly lifecycle: LifecycleStore,
    private readonly queue: LifecycleQueue,
  ) {}

  async execute({ goalId, caller }: CancelGoalCommand): Promise<Goal> {
    const known = await this.reader.find(goalId);
    if (!known) throw goalNotFound(`There is no goal ${goalId}.`);
    const record = 'stored' in known ? known.stored : known.waiting.record;
    if (!classOf(record))
      throw unknownGoalClass('The class of the goal is not known here.', { goal_id: goalId });
    assertMayManage(caller, await this.sessions.get(record.conditions.session_id));
    if ('waiting' in known) throw notStored(goalId, known.waiting);
    refuseOver(record);
    // First the job, which tells of it whatever happens here; then the step itself, so that the answer shows it.
    await this.queue.cancel(goalId, 'cancelled');
    const outcome = await this.lifecycle.step(goalId, 'cancel', 'cancelled');
    const after = outcome?.goal ?? record;
    refuseOver(after);
    return toGoal(after);
  }
}

/** A goal that has ended, but not by being cancelled, stays as it ended. */
function refuseOver(goal: GoalRecord): void {
  const state = stateOf(goal);
  if (isOver(state) && state !== 'cancelled') throw goalOver(`The goal is ${state} already.`);
}
