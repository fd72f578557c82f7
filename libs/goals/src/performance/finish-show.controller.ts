import {
  ApiProblems,
  type Caller,
  CurrentCaller,
  forbidden,
  IfPresent,
  malformedRequest,
  payloadTooLarge,
  unauthorized,
  unsupportedMediaType,
  validationFailed,
} from '#platform';
import { notYourSession } from '#sessions';
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  ApiBearerAuth,
  ApiBody,
  ApiOkResponse,
  ApiOperation,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { IsBoolean } from 'class-validator';
import { ApiGoalId, GoalDto, goalExample } from '../goal/goal.dto.js';
import {
  goalFailed,
  goalNotFound,
  goalOver,
  goalPending,
  notAShow,
  unknownGoalClass,
} from '../goal/goal.problems.js';
import { FinishShowCommand } from './finish-show.handler.js';

/** Body of the end of a show; it may be left out. */
export class FinishShowRequest {
  @ApiPropertyOptional({
    example: true,
    description:
      'from a service or an admin alone; without it, a show that reached its first level was delivered',
  })
  @IfPresent()
  @IsBoolean()
  delivered?: boolean;
}

const finishedExample = {
  ...goalExample,
  status: 'expired',
  active: false,
  version: 4,
  level: 1,
  peak_level: 1,
  progress: 900,
  delivered: true,
};

/** Finishes shows. */
@ApiTags('goals')
@ApiBearerAuth()
@Controller('goals/:goal_id/finish')
export class FinishShowController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'finishShow',
    summary: 'End a show that is over; its funding goal settles with it',
    description:
      'For the streamer of the session, services and admins. The show was delivered if its first level was reached, or as a service or an admin says.',
  })
  @ApiGoalId()
  @ApiBody({ type: FinishShowRequest, required: false })
  @ApiOkResponse({ type: GoalDto, example: finishedExample })
  @ApiProblems(
    malformedRequest,
    unauthorized,
    forbidden,
    notYourSession,
    goalNotFound,
    goalPending,
    goalFailed,
    goalOver,
    notAShow,
    unknownGoalClass,
    payloadTooLarge,
    unsupportedMediaType,
    validationFailed,
  )
  async finish(
    @Param('goal_id') goalId: string,
    @CurrentCaller() caller: Caller,
    @Body() { delivered }: FinishShowRequest,
  ): Promise<GoalDto> {
    return this.commands.execute(new FinishShowCommand(goalId, caller, delivered));
  }
}
