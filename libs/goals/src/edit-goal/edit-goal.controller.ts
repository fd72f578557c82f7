import {
  ApiProblems,
  type Caller,
  CurrentCaller,
  IfPresent,
  malformedRequest,
  payloadTooLarge,
  unauthorized,
  unsupportedMediaType,
  validationFailed,
} from '#platform';
import { notYourSession } from '#sessions';
import { Body, Controller, Headers, Param, Patch } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  ApiBearerAuth,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  Allow,
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsString,
  Length,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { instant } from '../create-goal/goal.request.js';
import { ApiGoalId, GoalDto, goalExample } from '../goal/goal.dto.js';
import * as problems from '../goal/goal.problems.js';
import { levelLimits, readInstant } from '../goal/rules.js';
import { EditGoalCommand } from './edit-goal.handler.js';

/** A level of an edit; what is left out stays as it is. */
export class LevelEdit {
  @ApiPropertyOptional({ minLength: 1, maxLength: levelLimits.title, example: 'encore' })
  @IfPresent()
  @IsString()
  @Length(1, levelLimits.title)
  title?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: levelLimits.target, example: 900 })
  @IfPresent()
  @IsInt()
  @Min(1)
  @Max(levelLimits.target)
  target?: number;
}

/** Body of an edit; what is left out stays as it is. */
export class EditGoalRequest {
  @ApiPropertyOptional({ ...instant, example: 4102444800 })
  @Allow()
  exp?: unknown;

  @ApiPropertyOptional({
    type: [LevelEdit],
    minItems: 1,
    maxItems: levelLimits.levels,
    description: 'one for each level of the goal, in order',
    example: [{ title: 'first song' }, { title: 'encore', target: 2400 }],
  })
  @IfPresent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(levelLimits.levels)
  @ValidateNested({ each: true })
  @Type(() => LevelEdit)
  levels?: LevelEdit[];
}

/** Edits goals. */
@ApiTags('goals')
@ApiBearerAuth()
@Controller('goals')
export class EditGoalController {
  constructor(private readonly commands: CommandBus) {}

  @Patch(':goal_id')
  @ApiOperation({
    operationId: 'editGoal',
    summary: 'Move the end of an open goal, or change its levels',
    description:
      '`exp` may move later, titles may always change, and targets of levels that were not reached as long as nothing was contributed. The edit is refused with 412 if the goal has changed since the version that `If-Match` names.',
  })
  @ApiGoalId()
  @ApiHeader({
    name: 'If-Match',
    required: true,
    description: 'the version that the edit is meant for, in quotation marks',
    schema: { type: 'string', example: '"3"' },
  })
  @ApiOkResponse({ type: GoalDto, example: { ...goalExample, version: 4 } })
  @ApiProblems(
    malformedRequest,
    unauthorized,
    notYourSession,
    problems.goalNotFound,
    problems.goalPending,
    problems.goalFailed,
    problems.goalOver,
    problems.targetFixed,
    problems.unknownGoalClass,
    problems.versionMismatch,
    payloadTooLarge,
    unsupportedMediaType,
    validationFailed,
    problems.preconditionRequired,
  )
  async edit(
    @Param('goal_id') goalId: string,
    @Body() { exp, levels }: EditGoalRequest,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<GoalDto> {
    if (ifMatch === undefined)
      throw problems.preconditionRequired('Send the version of the goal: If-Match: "<version>".');
    const edit = { exp: exp === undefined ? undefined : readExp(exp), levels };
    return this.commands.execute(new EditGoalCommand(goalId, versionsIn(ifMatch), edit, caller));
  }
}

function readExp(value: unknown): Date {
  const exp = readInstant(value);
  if (exp instanceof Date) return exp;
  throw validationFailed('The request has invalid fields.', { errors: [{ pointer: '/exp', detail: exp }] });
}

/** The versions that an If-Match names; undefined for `*`. What is no version matches none (RFC 9110, section 13.1.1). */
export function versionsIn(ifMatch: string): number[] | undefined {
  if (ifMatch.trim() === '*') return undefined;
  return ifMatch.split(',').flatMap((tag) => {
    const version = /^"(\d{1,15})"$/.exec(tag.trim())?.[1];
    return version === undefined ? [] : [Number(version)];
  });
}
