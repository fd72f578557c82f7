import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Admission } from '../admission.js';
import { PairPlaces } from '../pair-places.js';
import { CreateShowGoalCommand } from './create-show-goal.command.js';

/** The funding goal is one of that same session, its pair is in the session, and no show goal is or will be bound to it. */
@CommandHandler(CreateShowGoalCommand)
export class CreateShowGoalHandler implements ICommandHandler<CreateShowGoalCommand> {
  constructor(
    private readonly admission: Admission,
    private readonly places: PairPlaces,
  ) {}

  async execute(command: CreateShowGoalCommand): Promise<{ goal_id: string }> {
    const goalId = command.intent.context.funding_goal_id!;
    const { session, place } = await this.places.claim(
      command,
      { goalId, goalClass: 'ShowFundingGoal', pointer: '/context/funding_goal_id' },
      ({ show_goal_pairs = [] }) => {
        const pair = show_goal_pairs.find(({ funding_goal }) => funding_goal.toHexString() === goalId);
        return pair && (pair.show_goal?.toHexString() ?? null);
      },
    );
    return this.admission.accept('ShowGoal', command, session, place);
  }
}
