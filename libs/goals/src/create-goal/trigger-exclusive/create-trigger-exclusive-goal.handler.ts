import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Admission } from '../admission.js';
import { CreateTriggerExclusiveGoalCommand } from './create-trigger-exclusive-goal.command.js';

/** A session may have any number of trigger goals. */
@CommandHandler(CreateTriggerExclusiveGoalCommand)
export class CreateTriggerExclusiveGoalHandler implements ICommandHandler<CreateTriggerExclusiveGoalCommand> {
  constructor(private readonly admission: Admission) {}

  async execute(command: CreateTriggerExclusiveGoalCommand): Promise<{ goal_id: string }> {
    await this.admission.sessionFor(command);
    return this.admission.accept('TriggerExclusiveGoal', command);
  }
}
