import { ApiSchema } from '@nestjs/swagger';
import { TimedGoalRequest } from '../goal.request.js';

/** Body of goal_type=trigger_private; exp is required. */
@ApiSchema({ name: 'TriggerPrivateGoalRequest' })
export class TriggerPrivateGoalRequest extends TimedGoalRequest {}
