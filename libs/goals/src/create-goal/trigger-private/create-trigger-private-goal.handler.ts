import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Admission } from '../admission.js';
import { SolePlaces } from '../sole-places.js';
import { CreateTriggerPrivateGoalCommand } from './create-trigger-private-goal.command.js';

/** A session has one TriggerPrivateGoal at a time. */
@CommandHandler(CreateTriggerPrivateGoalCommand)
export class CreateTriggerPrivateGoalHandler implements ICommandHandler<CreateTriggerPrivateGoalCommand> {
  constructor(
    private readonly admission: Admission,
    private readonly places: SolePlaces,
  ) {}

  async execute(command: CreateTriggerPrivateGoalCommand): Promise<{ goal_id: string }> {
    const session = await this.admission.sessionFor(command);
    const place = await this.places.claim('trigger_private_goal', session, command.goalId);
    return this.admission.accept('TriggerPrivateGoal', command, session, place);
  }
}
