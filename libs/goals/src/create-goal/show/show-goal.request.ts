import { idSchema, IsId } from '#platform';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsDefined, IsObject, ValidateNested } from 'class-validator';
import { GoalRequest, SessionContext } from '../goal.request.js';

export class ShowContext extends SessionContext {
  @ApiProperty(idSchema('0123456789abcdef01234567'))
  @IsId()
  funding_goal_id: string;
}

/** Body of goal_type=show. */
@ApiSchema({ name: 'ShowGoalRequest' })
export class ShowGoalRequest extends GoalRequest {
  @ApiProperty()
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => ShowContext)
  declare context: ShowContext;
}
