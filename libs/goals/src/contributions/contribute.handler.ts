import type { Contributed } from '#contracts';
import type { Contribution } from '#contributions';
import type { Problem } from '#platform';
import { sessionEnded } from '#sessions';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { goalNotActive, outsideWindow, sourceIdReused, unknownGoalClass } from '../goal/goal.problems.js';
import type { Refusal } from '../goal/progress.js';
import { GoalReader } from '../read-goal/goal.reader.js';
import { ContributionService } from './contribution.service.js';

/** Counts a contribution towards a goal. `isNew` is false if its source was counted before. */
export class ContributeCommand extends Command<Contributed & { isNew: boolean }> {
  constructor(
    readonly goalId: string,
    readonly contribution: Contribution,
  ) {
    super();
  }
}

/** Counts a contribution, exactly once however often it is sent. */
@CommandHandler(ContributeCommand)
export class ContributeHandler implements ICommandHandler<ContributeCommand> {
  constructor(
    private readonly contributions: ContributionService,
    private readonly goals: GoalReader,
  ) {}

  async execute(command: ContributeCommand): Promise<Contributed & { isNew: boolean }> {
    const { goalId, contribution } = command;
    const outcome = await this.contributions.enter(goalId, contribution);
    if (outcome === undefined) {
      // Where it was stored in between, it takes the contribution after all.
      await this.goals.stored(goalId);
      return this.execute(command);
    }
    if (!('refused' in outcome)) return { goal_id: goalId, ...outcome };
    throw refusals[outcome.refused](goalId);
  }
}

const refusals: Record<Refusal, (goal_id: string) => Problem> = {
  unknown_class: (goal_id) => unknownGoalClass('The class of the goal is not known here.', { goal_id }),
  session_ended: (goal_id) => sessionEnded('The session of the goal has ended.', { goal_id }),
  not_active: (goal_id) => goalNotActive('The goal is not active.', { goal_id }),
  outside_window: (goal_id) =>
    outsideWindow('The goal takes contributions from nbf up to exp alone.', { goal_id }),
  source_id_reused: (goal_id) =>
    sourceIdReused('The goal has counted this source_id with another user_id or amount.', { goal_id }),
};
