import { type Performed, type PerformanceState, performanceStates } from '#contracts';
import {
  ApiProblems,
  forbidden,
  idSchema,
  isId,
  malformedRequest,
  payloadTooLarge,
  Roles,
  unauthorized,
  unsupportedMediaType,
  validationFailed,
} from '#platform';
import { sessionEnded } from '#sessions';
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { Allow, IsIn, IsString, Length } from 'class-validator';
import { instant } from '../create-goal/goal.request.js';
import { ApiGoalId } from '../goal/goal.dto.js';
import {
  goalFailed,
  goalNotFound,
  goalOver,
  goalPending,
  notAShow,
  sourceIdReused,
  takesNoPerformance,
  unknownGoalClass,
} from '../goal/goal.problems.js';
import { readInstant } from '../goal/rules.js';
import { GoalReader } from '../read-goal/goal.reader.js';
import { PerformanceService } from './performance.service.js';

/** Body of a report of performed time. */
export class PerformanceRequest {
  @ApiProperty({ minLength: 1, maxLength: 128, example: 'rtc-4711', description: 'counted once per show' })
  @IsString()
  @Length(1, 128)
  source_id: string;

  @ApiProperty({
    enum: performanceStates,
    example: 'live',
    description: 'live has to be said again before PERFORMANCE_SILENCE_SECONDS are over',
  })
  @IsIn(performanceStates)
  state: PerformanceState;

  @ApiPropertyOptional({
    ...instant,
    description: `${instant.description}; now where it is left out. In the window of the show, at most 5 s ahead`,
    example: 1790000000,
  })
  @Allow()
  at?: unknown;
}

export class PerformedDto implements Performed {
  @ApiProperty(idSchema('0123456789abcdef0123456b')) goal_id: string;
  @ApiProperty({ enum: performanceStates, example: 'live' }) state: PerformanceState;
  @ApiProperty({ type: 'integer', example: 615, description: 'seconds performed' }) progress: number;
  @ApiProperty({ type: 'integer', example: 1, description: 'levels reached' }) level: number;
}

/** Takes reports of when a show is performed. */
@ApiTags('goals')
@ApiBearerAuth()
@Controller('goals/:goal_id/performance')
export class PerformanceController {
  constructor(
    private readonly performance: PerformanceService,
    private readonly goals: GoalReader,
  ) {}

  @Post()
  @HttpCode(200)
  @Roles('service')
  @ApiOperation({
    operationId: 'reportPerformance',
    summary: 'Say that a show is live or paused; the same source_id counts once',
    description:
      'For the relay of an RTC server. Reports may come in any order; the progress of the show is the whole seconds of all live time. Without a report for a while, a live show counts as paused.',
  })
  @ApiGoalId()
  @ApiOkResponse({ type: PerformedDto, description: 'entered, now or before; where the show stands with it' })
  @ApiProblems(
    malformedRequest,
    unauthorized,
    forbidden,
    goalNotFound,
    goalPending,
    goalFailed,
    goalOver,
    notAShow,
    takesNoPerformance,
    sessionEnded,
    sourceIdReused,
    unknownGoalClass,
    payloadTooLarge,
    unsupportedMediaType,
    validationFailed,
  )
  async report(@Param('goal_id') goalId: string, @Body() request: PerformanceRequest): Promise<PerformedDto> {
    const { source_id, state, at } = request;
    const moment = at === undefined ? undefined : readInstant(at);
    if (typeof moment === 'string')
      throw validationFailed('The request has invalid fields.', {
        errors: [{ pointer: '/at', detail: moment }],
      });
    const entered = isId(goalId)
      ? await this.performance.enter(goalId, { source_id, state, at: moment })
      : undefined;
    if (entered) return entered;
    // Where it was stored in between, it takes the report after all.
    await this.goals.stored(goalId);
    return this.report(goalId, request);
  }
}
