import type { Contributed, ContributionVoided } from '#contracts';
import type { Contribution } from '#contributions';
import type { Problem } from '#platform';
import { sessionEnded } from '#sessions';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  alreadySettled,
  goalNotActive,
  outsideWindow,
  salesClosed,
  sourceIdReused,
  takesNoContributions,
  unknownGoalClass,
} from '../goal/goal.problems.js';
import type { CountOutcome, Refusal } from '../goal/progress.js';
import { GoalReader } from '../read-goal/goal.reader.js';
import { ContributionService } from './contribution.service.js';
import { GiverNotifier } from './giver-notifier.js';
import type { VoidRequested } from './group-commit.js';

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
    private readonly givers: GiverNotifier,
  ) {}

  async execute({ goalId, contribution }: ContributeCommand): Promise<Contributed & { isNew: boolean }> {
    const counted = await enter(this.contributions, this.goals, goalId, contribution);
    if (counted.isNew) this.givers.tell(goalId, contribution);
    return { goal_id: goalId, ...counted };
  }
}

/** Has a contribution count nothing any more, whether the goal has seen it or will. The result is how far the goal is then. */
export class VoidContributionCommand extends Command<ContributionVoided> {
  constructor(
    readonly goalId: string,
    readonly voiding: VoidRequested,
  ) {
    super();
  }
}

/** Voids a contribution, once however often it is asked. */
@CommandHandler(VoidContributionCommand)
export class VoidContributionHandler implements ICommandHandler<VoidContributionCommand> {
  constructor(
    private readonly contributions: ContributionService,
    private readonly goals: GoalReader,
  ) {}

  async execute({ goalId, voiding }: VoidContributionCommand): Promise<ContributionVoided> {
    const { progress, level } = await enter(this.contributions, this.goals, goalId, voiding);
    return { goal_id: goalId, progress, level };
  }
}

/** Enters a payment or a voiding; throws the problem that says why it is refused. */
async function enter(
  contributions: ContributionService,
  goals: GoalReader,
  goalId: string,
  entry: Contribution | VoidRequested,
): Promise<Exclude<CountOutcome, { refused: Refusal }>> {
  const outcome = await contributions.enter(goalId, entry);
  if (outcome === undefined) {
    // If it was stored in between, it takes the contribution after all.
    await goals.stored(goalId);
    return enter(contributions, goals, goalId, entry);
  }
  if ('refused' in outcome) throw refusals[outcome.refused](goalId);
  return outcome;
}

const refusals: Record<Refusal, (goal_id: string) => Problem> = {
  unknown_class: (goal_id) => unknownGoalClass('The class of the goal is not known here.', { goal_id }),
  measures_time: (goal_id) =>
    takesNoContributions('The progress of the show is the time that it is performed.', { goal_id }),
  session_ended: (goal_id) => sessionEnded('The session of the goal has ended.', { goal_id }),
  not_active: (goal_id) => goalNotActive('The goal is not active.', { goal_id }),
  outside_window: (goal_id) =>
    outsideWindow('The goal takes contributions from nbf up to exp alone.', { goal_id }),
  sales_closed: (goal_id) =>
    salesClosed('The countdown has ended, and the goal sells no late tickets.', { goal_id }),
  source_id_reused: (goal_id) =>
    sourceIdReused('The goal has counted this source_id with another user_id or amount.', { goal_id }),
  already_settled: (goal_id) =>
    alreadySettled('The goal is settled; what it says of each ticket is final.', { goal_id }),
};
