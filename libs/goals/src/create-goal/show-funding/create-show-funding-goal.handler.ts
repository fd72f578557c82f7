import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Admission } from '../admission.js';
import { CreateShowFundingGoalCommand } from './create-show-funding-goal.command.js';

/** A session may have any number of funding goals. */
@CommandHandler(CreateShowFundingGoalCommand)
export class CreateShowFundingGoalHandler implements ICommandHandler<CreateShowFundingGoalCommand> {
  constructor(private readonly admission: Admission) {}

  async execute(command: CreateShowFundingGoalCommand): Promise<{ goal_id: string }> {
    await this.admission.sessionFor(command);
    return this.admission.accept('ShowFundingGoal', command);
  }
}
