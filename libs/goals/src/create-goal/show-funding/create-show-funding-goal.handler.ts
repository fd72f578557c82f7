import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Admission } from '../admission.js';
import { CreateShowFundingGoalCommand } from './create-show-funding-goal.command.js';

/** A session may have several funding goals; each opens a pair. */
@CommandHandler(CreateShowFundingGoalCommand)
export class CreateShowFundingGoalHandler implements ICommandHandler<CreateShowFundingGoalCommand> {
  constructor(private readonly admission: Admission) {}

  async execute(command: CreateShowFundingGoalCommand): Promise<{ goal_id: string }> {
    const session = await this.admission.sessionFor(command);
    return this.admission.accept('ShowFundingGoal', command, session);
  }
}
