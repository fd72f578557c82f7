import type { Contributed } from '#contracts';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { GoalReader } from '../get-goal/goal.reader.js';
import { goalNotActive, outsideWindow } from '../goal/goal.problems.js';
import { ContributeCommand } from './contribute.command.js';
import { ContributionBook } from './contribution-book.js';

/** Counts a contribution, exactly once however often it is sent. */
@CommandHandler(ContributeCommand)
export class ContributeHandler implements ICommandHandler<ContributeCommand> {
  constructor(
    private readonly book: ContributionBook,
    private readonly goals: GoalReader,
  ) {}

  async execute(command: ContributeCommand): Promise<Contributed & { isNew: boolean }> {
    const { goalId, contribution } = command;
    const outcome = await this.book.enter(goalId, contribution);
    if (outcome === undefined) {
      // Where it was stored in between, it takes the contribution after all.
      await this.goals.stored(goalId);
      return this.execute(command);
    }
    if (!('refused' in outcome)) return { goal_id: goalId, ...outcome };
    if (outcome.refused === 'not_active') throw goalNotActive('The goal is not active.', { goal_id: goalId });
    throw outsideWindow('The goal takes contributions from nbf up to exp alone.', { goal_id: goalId });
  }
}
