import { CommandHandler } from '@nestjs/cqrs';
import { ApiSchema } from '@nestjs/swagger';
import { CreateGoalCommand, CreateGoalHandler } from './create-goal.handler.js';
import { TimedGoalRequest } from './goal.request.js';

/** Body of goal_type=show_funding; exp, the end of the countdown, is required. */
@ApiSchema({ name: 'ShowFundingGoalRequest' })
export class ShowFundingGoalRequest extends TimedGoalRequest {}

/** Asks for a ShowFundingGoal: viewers buy tickets towards a show. */
export class CreateShowFundingGoalCommand extends CreateGoalCommand {}

/** A session may have several funding goals; each opens a pair. */
@CommandHandler(CreateShowFundingGoalCommand)
export class CreateShowFundingGoalHandler extends CreateGoalHandler {}
