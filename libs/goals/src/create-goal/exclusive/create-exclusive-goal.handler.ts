import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Admission } from '../admission.js';
import { PairPlaces } from '../pair-places.js';
import { CreateExclusiveGoalCommand } from './create-exclusive-goal.command.js';

/** The trigger goal is one of that same session, its pair is in the session, and no exclusive goal is or will be bound to it. */
@CommandHandler(CreateExclusiveGoalCommand)
export class CreateExclusiveGoalHandler implements ICommandHandler<CreateExclusiveGoalCommand> {
  constructor(
    private readonly admission: Admission,
    private readonly places: PairPlaces,
  ) {}

  async execute(command: CreateExclusiveGoalCommand): Promise<{ goal_id: string }> {
    const goalId = command.intent.context.trigger_exclusive_goal_id!;
    const { session, place } = await this.places.claim(
      command,
      { goalId, goalClass: 'TriggerExclusiveGoal', pointer: '/context/trigger_exclusive_goal_id' },
      ({ exclusive_goal_pairs = [] }) => {
        const pair = exclusive_goal_pairs.find(({ trigger_goal }) => trigger_goal.toHexString() === goalId);
        return pair && (pair.exclusive_goal?.toHexString() ?? null);
      },
    );
    return this.admission.accept('ExclusiveGoal', command, session, place);
  }
}
