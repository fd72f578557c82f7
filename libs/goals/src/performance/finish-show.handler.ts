import { actorOf } from '#audit';
import type { Goal } from '#contracts';
import { type Caller, forbidden, hasRole } from '#platform';
import { SessionReader } from '#sessions';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnpublishedGoals } from '../publishing/unpublished-goals.js';
import { assertMayManage } from '../create-goal/session-guard.js';
import { goalNotFound, goalOver, notAShow, requestedClassOf } from '../goal/goal.problems.js';
import { toGoal } from '../goal/goal.view.js';
import { LifecycleStore } from '../goal/lifecycle.store.js';
import { stateOf } from '../goal/rules.js';
import { GoalReader } from '../read-goal/goal.reader.js';

/** Asks to end a show, since it is over. The result is the show after it. */
export class FinishShowCommand extends Command<Goal> {
  constructor(
    readonly goalId: string,
    readonly caller: Caller,
    /** Whether it was delivered; without it, its levels say so. */
    readonly delivered?: boolean,
  ) {
    super();
  }
}

/** Finishes a show. Finishing it again answers the same; a show that ended otherwise is refused. */
@CommandHandler(FinishShowCommand)
export class FinishShowHandler implements ICommandHandler<FinishShowCommand> {
  constructor(
    private readonly reader: GoalReader,
    private readonly sessions: SessionReader,
    private readonly lifecycle: LifecycleStore,
    private readonly unpublished: UnpublishedGoals,
  ) {}

  async execute({ goalId, caller, delivered }: FinishShowCommand): Promise<Goal> {
    const goal = await this.reader.stored(goalId);
    const goalClass = requestedClassOf(goal);
    assertMayManage(caller, await this.sessions.get(goal.conditions.session_id));
    if (delivered !== undefined && !hasRole(caller, 'admin', 'service'))
      throw forbidden('Only a service or an admin may say whether a show was delivered.');
    if (goalClass !== 'ShowGoal') throw notAShow(`The goal is a ${goalClass}.`);

    const outcome = await this.lifecycle.step(goalId, 'finish', { delivered, actor: actorOf(caller) });
    if (!outcome) throw goalNotFound(`There is no goal ${goalId}.`);
    const { goal: finished } = outcome;
    if (finished.ended_by !== 'finished') throw goalOver(`The show is ${stateOf(finished)} already.`);
    if (finished.unpublished) await this.unpublished.changed(goalId, finished.unit);
    return toGoal(finished);
  }
}
