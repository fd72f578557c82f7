import {
  ApiProblems,
  forbidden,
  malformedRequest,
  payloadTooLarge,
  Roles,
  unauthorized,
  unsupportedMediaType,
  validationFailed,
  OfKind,
} from '#platform';
import { sessionEnded } from '#sessions';
import { Body, Controller, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiGoalId } from '../goal/goal.dto.js';
import {
  goalNotActive,
  goalNotFound,
  goalFailed,
  goalPending,
  outsideWindow,
  sourceIdReused,
  unknownGoalClass,
} from '../goal/goal.problems.js';
import { ContributeCommand } from './contribute.command.js';
import { ContributedDto, ContributionRequest } from './contribution.request.js';

/** Takes contributions: tickets for a funding goal, the class's unit for others. */
@ApiTags('goals')
@ApiBearerAuth()
@Controller('goals/:goal_id/contributions')
export class ContributionsController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Roles('service')
  @OfKind('payment')
  @ApiOperation({
    operationId: 'contribute',
    summary: 'Count a contribution; the same source_id counts once',
  })
  @ApiGoalId()
  @ApiCreatedResponse({ type: ContributedDto, description: 'counted' })
  @ApiOkResponse({ type: ContributedDto, description: 'counted before' })
  @ApiProblems(
    malformedRequest,
    unauthorized,
    forbidden,
    goalNotFound,
    goalPending,
    goalFailed,
    goalNotActive,
    outsideWindow,
    sessionEnded,
    sourceIdReused,
    unknownGoalClass,
    payloadTooLarge,
    unsupportedMediaType,
    validationFailed,
  )
  async contribute(
    @Param('goal_id') goalId: string,
    @Body() { source_id, user_id, amount }: ContributionRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ContributedDto> {
    const { isNew, ...contributed } = await this.commands.execute(
      new ContributeCommand(goalId, { source_id, user_id, amount }),
    );
    void reply.status(isNew ? 201 : 200);
    return contributed;
  }
}
