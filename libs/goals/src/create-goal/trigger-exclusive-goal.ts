import { CommandHandler } from '@nestjs/cqrs';
import { ApiSchema } from '@nestjs/swagger';
import { CreateGoalCommand, CreateGoalHandler } from './create-goal.handler.js';
import { TimedGoalRequest } from './goal.request.js';

/** Body of goal_type=trigger_exclusive; exp is required. */
@ApiSchema({ name: 'TriggerExclusiveGoalRequest' })
export class TriggerExclusiveGoalRequest extends TimedGoalRequest {}

/** Asks for a TriggerExclusiveGoal: reaching it opens an exclusive goal. */
export class CreateTriggerExclusiveGoalCommand extends CreateGoalCommand {}

/** A session may have several trigger goals; each opens a pair. */
@CommandHandler(CreateTriggerExclusiveGoalCommand)
export class CreateTriggerExclusiveGoalHandler extends CreateGoalHandler {}
