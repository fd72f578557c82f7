import {
  ApiProblems,
  type Caller,
  CurrentCaller,
  malformedRequest,
  payloadTooLarge,
  unauthorized,
  unsupportedMediaType,
} from '#platform';
import { notYourSession } from '#sessions';
import { Controller, Delete, Param } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiGoalId, GoalDto, goalExample } from '../goal/goal.dto.js';
import { goalNotFound, goalOver, goalPending, showBound, unknownGoalClass } from '../goal/goal.problems.js';
import { CancelGoalCommand } from './cancel-goal.handler.js';

/** Cancels goals. */
@ApiTags('goals')
@ApiBearerAuth()
@Controller('goals')
export class CancelGoalController {
  constructor(private readonly commands: CommandBus) {}

  @Delete(':goal_id')
  @ApiOperation({
    operationId: 'cancelGoal',
    summary: 'End an open goal before its time',
    description:
      'A funding goal can be cancelled until a show is bound to it; its tickets are released then. Cancelling again answers the same.',
  })
  @ApiGoalId()
  @ApiOkResponse({
    type: GoalDto,
    example: { ...goalExample, status: 'cancelled', reason: 'cancelled', active: false, version: 1 },
  })
  @ApiProblems(
    malformedRequest,
    unauthorized,
    notYourSession,
    goalNotFound,
    goalPending,
    goalOver,
    showBound,
    unknownGoalClass,
    payloadTooLarge,
    unsupportedMediaType,
  )
  async cancel(@Param('goal_id') goalId: string, @CurrentCaller() caller: Caller): Promise<GoalDto> {
    return this.commands.execute(new CancelGoalCommand(goalId, caller));
  }
}
