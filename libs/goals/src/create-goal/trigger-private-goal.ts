import { CommandHandler } from '@nestjs/cqrs';
import { ApiSchema } from '@nestjs/swagger';
import { CreateGoalCommand, CreateGoalHandler } from './create-goal.handler.js';
import { TimedGoalRequest } from './goal.request.js';

/** Body of goal_type=trigger_private; exp is required. */
@ApiSchema({ name: 'TriggerPrivateGoalRequest' })
export class TriggerPrivateGoalRequest extends TimedGoalRequest {}

/** Asks for a TriggerPrivateGoal: reaching it opens a private show. */
export class CreateTriggerPrivateGoalCommand extends CreateGoalCommand {}

/** A session has one TriggerPrivateGoal at a time. */
@CommandHandler(CreateTriggerPrivateGoalCommand)
export class CreateTriggerPrivateGoalHandler extends CreateGoalHandler {}
