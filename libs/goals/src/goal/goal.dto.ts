import {
  type Goal,
  goalClasses,
  type GoalContext,
  type GoalLevel,
  type GoalStatus,
  goalStatuses,
  type GoalType,
  goalTypes,
  type Outcome,
  outcomes,
  type PerformanceState,
  performanceStates,
  type PlannedShow,
  type SalesEnd,
  salesEnds,
  type ShowStart,
  showStarts,
  type VoidReason,
  voidReasons,
} from '#contracts';
import { ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsString,
  Length,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { ApiIdParam, idSchema, IfPresent } from '#platform';
import { levelLimits, longestShowSeconds } from './rules.js';

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

/** A field that only funding goals have. */
const ofFunding = { nullable: true, example: null, description: 'show_funding only' } as const;

const time = { format: 'date-time', example: '2026-09-21T14:13:20.000Z' };

const timeOrNull = { ...time, type: String, nullable: true, example: null };

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

export class PlannedShowDto implements PlannedShow {
  @ApiProperty({ type: [GoalLevelDto], minItems: 1, maxItems: levelLimits.levels })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(levelLimits.levels)
  @ValidateNested({ each: true })
  @Type(() => GoalLevelDto)
  levels: GoalLevelDto[];

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: longestShowSeconds,
    example: 3600,
    description: 'how long the show lasts; without it, until it is finished',
  })
  @IfPresent()
  @IsInt()
  @Min(1)
  @Max(longestShowSeconds)
  duration_seconds?: number;

  @ApiProperty({
    enum: showStarts,
    default: 'manual',
    example: 'on_countdown_end',
    description: 'on_countdown_end: goalpost starts the show when the countdown ends and the goal is funded',
  })
  @IfPresent()
  @IsIn(showStarts)
  start: ShowStart = 'manual';
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
  @ApiProperty({ type: 'integer', example: 0, description: 'the highest level that it has ever had' })
  peak_level: number;
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
  @ApiProperty({
    ...timeOrNull,
    description: 'when the last level was reached; the goal goes on up to its end',
  })
  completed_at: string | null;
  @ApiProperty(time) created_at: string;
  @ApiProperty({ ...ofFunding, type: 'integer', description: 'the level that pays for the show' })
  minimum_level: number | null;
  @ApiProperty({ ...ofFunding, type: String, enum: [...salesEnds, null] }) sales_until: SalesEnd | null;
  // A $ref cannot be nullable in OpenAPI 3.0.
  @ApiProperty({
    ...ofFunding,
    type: 'object',
    properties: {
      levels: { type: 'array', items: { $ref: getSchemaPath(GoalLevelDto) } },
      duration_seconds: { type: 'integer' },
      start: { type: 'string', enum: [...showStarts] },
    },
    required: ['levels', 'start'],
  })
  show: PlannedShow | null;
  @ApiProperty({ ...ofFunding, type: String, enum: [...outcomes, null] }) outcome: Outcome | null;
  @ApiProperty({ ...ofFunding, type: String, enum: [...voidReasons, null] }) void_reason: VoidReason | null;
  @ApiProperty({ ...ofFunding, type: 'integer', description: 'bought after the countdown; not in progress' })
  late_tickets: number | null;
  @ApiProperty({
    ...timeOrNull,
    description: 'show_funding, after its countdown: void without a show by then',
  })
  settle_by: string | null;
  @ApiProperty({ ...timeOrNull, description: 'show_funding: when its outcome became delivered or void' })
  settled_at: string | null;
  @ApiProperty({ type: Boolean, nullable: true, example: null, description: 'show: set when it ends' })
  delivered: boolean | null;
  @ApiProperty({
    type: String,
    nullable: true,
    enum: [...performanceStates, null],
    example: 'paused',
    description: 'show in seconds: whether it is being performed',
  })
  performance: PerformanceState | null;
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
  peak_level: 0,
  progress: 0,
  unit: 'seconds',
  conditions: { session_id: '0123456789abcdef01234568' },
  context: {
    type: 'show',
    funding_goal_id: '0123456789abcdef01234567',
    session_id: '0123456789abcdef01234568',
  },
  metadata: { user_id: '0123456789abcdef01234569' },
  nbf: '2026-09-21T14:13:20.000Z',
  exp: '2026-09-21T15:13:20.000Z',
  completed_at: null,
  created_at: '2026-09-21T14:13:20.000Z',
  minimum_level: null,
  sales_until: null,
  show: null,
  outcome: null,
  void_reason: null,
  late_tickets: null,
  settle_by: null,
  settled_at: null,
  delivered: null,
  performance: 'paused',
};
export const goalPageExample = { items: [goalExample], next_cursor: null };

export class GoalPageDto {
  @ApiProperty({ type: [GoalDto] }) items: GoalDto[];
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor: string | null;
}
