import { ApiSchema } from '@nestjs/swagger';
import { TimedGoalRequest } from '../goal.request.js';

/** Body of goal_type=trigger_exclusive; exp is required. */
@ApiSchema({ name: 'TriggerExclusiveGoalRequest' })
export class TriggerExclusiveGoalRequest extends TimedGoalRequest {}
