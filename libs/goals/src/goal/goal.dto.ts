import {
  type Goal,
  goalClasses,
  type GoalContext,
  type GoalLevel,
  type GoalStatus,
  goalStatuses,
  type GoalType,
  goalTypes,
} from '#contracts';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsString, Length, Max, Min } from 'class-validator';
import { ApiIdParam, idSchema, IfPresent } from '#platform';
import { levelLimits } from './rules.js';

const anyId = '0123456789abcdef0123456b';

/** Documents the id of a goal in the path. */
export const ApiGoalId = () => ApiIdParam('goal_id', anyId);

/** A goal_type in an answer. */
const goalType = {
  type: String,
  nullable: true,
  enum: [...Object.values(goalTypes), null],
  example: 'show',
  description: 'null for a goal of a class that this release does not know',
};

const time = { format: 'date-time', example: '2026-09-21T14:13:20.000Z' };

export class GoalLevelDto implements GoalLevel {
  @ApiPropertyOptional({ minLength: 1, maxLength: levelLimits.title, example: 'first song' })
  @IfPresent()
  @IsString()
  @Length(1, levelLimits.title)
  title?: string;

  @ApiProperty({ type: 'integer', minimum: 1, maximum: levelLimits.target, example: 600 })
  @IsInt()
  @Min(1)
  @Max(levelLimits.target)
  target: number;
}

export class GoalConditionsDto {
  @ApiProperty({ example: '0123456789abcdef01234568' }) session_id: string;
}

export class GoalContextDto implements GoalContext {
  @ApiProperty(goalType) type: GoalType | null;
  @ApiProperty({ example: '0123456789abcdef01234568' }) session_id: string;
  @ApiPropertyOptional({ description: 'show: who pays for it', example: '0123456789abcdef01234567' })
  funding_goal_id?: string;
  @ApiPropertyOptional({ description: 'show_funding: what it paid for', example: '0123456789abcdef0123456d' })
  show_goal_id?: string;
  @ApiPropertyOptional({ description: 'exclusive: what opened it', example: '0123456789abcdef01234566' })
  trigger_exclusive_goal_id?: string;
  @ApiPropertyOptional({
    description: 'trigger_exclusive: what it opened',
    example: '0123456789abcdef0123456e',
  })
  exclusive_goal_id?: string;
}

export class GoalDto implements Goal {
  @ApiProperty(idSchema(anyId)) goal_id: string;
  @ApiProperty(goalType) goal_type: GoalType | null;
  @ApiProperty({ example: 'ShowGoal', description: `${goalClasses.join(', ')}, or one of another release` })
  _cls: string;
  @ApiProperty({ enum: goalStatuses, example: 'active' }) status: GoalStatus;
  @ApiPropertyOptional({ description: 'why it failed or was cancelled' })
  reason?: string;
  @ApiProperty({ example: true }) active: boolean;
  @ApiProperty({ type: 'integer', example: 0, description: 'rises with each change' }) version: number;
  @ApiProperty({ type: [GoalLevelDto] }) levels: GoalLevelDto[];
  @ApiProperty({ type: 'integer', example: 0, description: 'levels reached' }) level: number;
  @ApiProperty({ type: 'integer', example: 0 }) progress: number;
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'coins',
    description: 'what progress and target count; null where the class is not known',
  })
  unit: string | null;
  @ApiProperty({ type: GoalConditionsDto }) conditions: GoalConditionsDto;
  @ApiProperty({ type: GoalContextDto }) context: GoalContextDto;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    properties: { user_id: { type: 'string', description: 'who asked for it' } },
    example: { user_id: '0123456789abcdef01234569' },
  })
  metadata: Record<string, unknown>;
  @ApiProperty(time) nbf: string;
  @ApiProperty({ type: String, nullable: true, ...time, example: '2026-09-21T15:13:20.000Z' }) exp:
    string | null;
  @ApiProperty(time) created_at: string;
}

/** A show goal as it is answered. */
export const goalExample: Goal = {
  goal_id: anyId,
  goal_type: 'show',
  _cls: 'ShowGoal',
  status: 'active',
  active: true,
  version: 0,
  levels: [{ title: 'first song', target: 600 }, { target: 1800 }],
  level: 0,
  progress: 0,
  unit: 'coins',
  conditions: { session_id: '0123456789abcdef01234568' },
  context: {
    type: 'show',
    funding_goal_id: '0123456789abcdef01234567',
    session_id: '0123456789abcdef01234568',
  },
  metadata: { user_id: '0123456789abcdef01234569' },
  nbf: '2026-09-21T14:13:20.000Z',
  exp: '2026-09-21T15:13:20.000Z',
  created_at: '2026-09-21T14:13:20.000Z',
};
export const goalPageExample = { items: [goalExample], next_cursor: null };

export class GoalPageDto {
  @ApiProperty({ type: [GoalDto] }) items: GoalDto[];
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor: string | null;
}
