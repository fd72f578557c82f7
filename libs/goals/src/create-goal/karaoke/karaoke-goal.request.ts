import { ApiSchema } from '@nestjs/swagger';
import { GoalRequest } from '../goal.request.js';

/** Body of goal_type=karaoke; exp may be left out. */
@ApiSchema({ name: 'KaraokeGoalRequest' })
export class KaraokeGoalRequest extends GoalRequest {}
