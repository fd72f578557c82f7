import { type ShowUnit, showUnits } from '#contracts';
import { idSchema, IsId, IfPresent } from '#platform';
import { CommandHandler } from '@nestjs/cqrs';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsDefined, IsIn, IsObject, ValidateNested } from 'class-validator';
import { CreateGoalCommand, CreateGoalHandler } from './create-goal.handler.js';
import { GoalRequest, SessionContext } from './goal.request.js';

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

  @ApiPropertyOptional({
    enum: showUnits,
    default: 'seconds',
    example: 'seconds',
    description: 'what targets count: seconds performed, or coins given',
  })
  @IfPresent()
  @IsIn(showUnits)
  unit?: ShowUnit;
}

/** Asks for a ShowGoal: the show that a funding goal has paid for. */
export class CreateShowGoalCommand extends CreateGoalCommand {}

/** The funding goal is one of the same session and has its pair there; it pays for one show, ever. */
@CommandHandler(CreateShowGoalCommand)
export class CreateShowGoalHandler extends CreateGoalHandler {}
