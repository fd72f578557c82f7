import type { Contribution } from '#contributions';
import {
  ApiProblems,
  forbidden,
  idSchema,
  malformedRequest,
  OfKind,
  payloadTooLarge,
  Roles,
  unauthorized,
  unsupportedMediaType,
  validationFailed,
} from '#platform';
import { sessionEnded } from '#sessions';
import { Body, Controller, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiTags,
} from '@nestjs/swagger';
import { IsInt, IsString, Length, Matches, Max, Min } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { ApiGoalId } from '../goal/goal.dto.js';
import {
  goalFailed,
  goalNotActive,
  goalNotFound,
  goalPending,
  outsideWindow,
  sourceIdReused,
  unknownGoalClass,
} from '../goal/goal.problems.js';
import { levelLimits } from '../goal/rules.js';
import { ContributeCommand } from './contribute.handler.js';

/** Body of a contribution. */
export class ContributionRequest implements Contribution {
  @ApiProperty({
    minLength: 1,
    maxLength: 128,
    example: 'payment-4711',
    description: 'counted once per goal',
  })
  @IsString()
  @Length(1, 128)
  source_id: string;

  @ApiProperty({
    pattern: '^[A-Za-z0-9_\\-=,.;]{1,64}$',
    example: '0123456789abcdef0123456c',
    description: 'who gives; has to fit into a channel name',
  })
  @Matches(/^[A-Za-z0-9_\-=,.;]{1,64}$/, { message: 'must be 1 to 64 characters of A-Z a-z 0-9 _ - = , . ;' })
  user_id: string;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    maximum: levelLimits.target,
    example: 3,
    description: "in the goal's unit",
  })
  @IsInt()
  @Min(1)
  @Max(levelLimits.target)
  amount: number;
}

export class ContributedDto {
  @ApiProperty(idSchema('0123456789abcdef0123456b')) goal_id: string;
  @ApiProperty({ type: 'integer', example: 53 }) progress: number;
  @ApiProperty({ type: 'integer', example: 1, description: 'levels reached' }) level: number;
  @ApiProperty({
    example: false,
    description: 'a late ticket: gives access, changes neither progress nor level',
  })
  late: boolean;
}

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
