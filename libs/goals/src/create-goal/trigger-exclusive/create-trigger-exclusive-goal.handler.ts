import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Admission } from '../admission.js';
import { CreateTriggerExclusiveGoalCommand } from './create-trigger-exclusive-goal.command.js';

/** A session may have several trigger goals; each opens a pair. */
@CommandHandler(CreateTriggerExclusiveGoalCommand)
export class CreateTriggerExclusiveGoalHandler implements ICommandHandler<CreateTriggerExclusiveGoalCommand> {
  constructor(private readonly admission: Admission) {}

  async execute(command: CreateTriggerExclusiveGoalCommand): Promise<{ goal_id: string }> {
    const session = await this.admission.sessionFor(command);
    return this.admission.accept('TriggerExclusiveGoal', command, session);
  }
}
