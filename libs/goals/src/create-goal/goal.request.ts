import type { GoalContent } from '#contracts';
import { idSchema, IsId } from '#platform';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  Allow,
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsDefined,
  IsObject,
  ValidateNested,
} from 'class-validator';
import { GoalLevelDto } from '../goal/goal.dto.js';
import { levelLimits, latestSecond } from '../goal/rules.js';

/** A moment in a request. */
export const instant = {
  oneOf: [
    { type: 'number', minimum: 0, maximum: latestSecond },
    { type: 'string', format: 'date-time' },
  ],
  description: 'Unix seconds, or ISO 8601 with a zone',
};

/** What every goal refers to. */
export class SessionContext {
  @ApiProperty(idSchema('0123456789abcdef01234568'))
  @IsId()
  session_id: string;
}

/** What the bodies of all classes have in common; the rules between fields are checked after the fields. */
export class GoalRequest implements GoalContent {
  @ApiProperty({
    type: [GoalLevelDto],
    minItems: 1,
    maxItems: levelLimits.levels,
    description: 'targets rise strictly',
    example: [{ title: 'first song', target: 600 }, { target: 1800 }],
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(levelLimits.levels)
  @ValidateNested({ each: true })
  @Type(() => GoalLevelDto)
  levels: GoalLevelDto[];

  @ApiProperty()
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => SessionContext)
  context: SessionContext;

  @ApiPropertyOptional({
    ...instant,
    description: `${instant.description}; now where it is left out`,
    example: 1790000000,
  })
  @Allow()
  nbf?: unknown;

  @ApiPropertyOptional({ ...instant, example: 4102444800 })
  @Allow()
  exp?: unknown;
}

/** Body of a class with timers: it says when it ends. */
export class TimedGoalRequest extends GoalRequest {
  @ApiProperty({ ...instant, required: true, example: 4102444800 })
  @Allow()
  declare exp: unknown;
}
