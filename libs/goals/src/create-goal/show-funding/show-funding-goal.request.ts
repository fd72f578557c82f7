import { ApiSchema } from '@nestjs/swagger';
import { TimedGoalRequest } from '../goal.request.js';

/** Body of goal_type=show_funding; exp, the end of the countdown, is required. */
@ApiSchema({ name: 'ShowFundingGoalRequest' })
export class ShowFundingGoalRequest extends TimedGoalRequest {}
