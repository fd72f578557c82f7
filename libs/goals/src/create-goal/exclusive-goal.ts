import { idSchema, IsId } from '#platform';
import { CommandHandler } from '@nestjs/cqrs';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsDefined, IsObject, ValidateNested } from 'class-validator';
import { CreateGoalCommand, CreateGoalHandler } from './create-goal.handler.js';
import { SessionContext, TimedGoalRequest } from './goal.request.js';

export class ExclusiveContext extends SessionContext {
  @ApiProperty(idSchema('0123456789abcdef01234566'))
  @IsId()
  trigger_exclusive_goal_id: string;
}

/** Body of goal_type=exclusive; exp is required. */
@ApiSchema({ name: 'ExclusiveGoalRequest' })
export class ExclusiveGoalRequest extends TimedGoalRequest {
  @ApiProperty()
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => ExclusiveContext)
  declare context: ExclusiveContext;
}

/** Asks for an ExclusiveGoal: what a trigger goal has opened. */
export class CreateExclusiveGoalCommand extends CreateGoalCommand {}

/** The trigger goal is one of the same session and has its pair there; it opens one exclusive goal, ever. */
@CommandHandler(CreateExclusiveGoalCommand)
export class CreateExclusiveGoalHandler extends CreateGoalHandler {}
