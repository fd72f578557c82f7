import { actorOf } from '#audit';
import type { ListedContribution } from '#contracts';
import { ContributionStore, type StoredContribution } from '#contributions';
import {
  ApiProblems,
  type Caller,
  CurrentCaller,
  forbidden,
  hasRole,
  malformedRequest,
  OfKind,
  PageQuery,
  payloadTooLarge,
  Roles,
  unauthorized,
  unsupportedMediaType,
  validationFailed,
} from '#platform';
import { notYourSession, sessionEnded, sessionNotFound, SessionReader } from '#sessions';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { assertMayManage } from '../create-goal/session-guard.js';
import { ApiGoalId } from '../goal/goal.dto.js';
import {
  alreadySettled,
  goalFailed,
  goalNotActive,
  goalNotFound,
  goalPending,
  outsideWindow,
  salesClosed,
  sourceIdReused,
  takesNoContributions,
  unknownGoalClass,
} from '../goal/goal.problems.js';
import { classOf } from '../goal/goal.view.js';
import { GoalReader } from '../read-goal/goal.reader.js';
import { ContributeCommand, VoidContributionCommand } from './contribute.handler.js';
import { contributionNotFound, RemoveMessageCommand } from './remove-message.handler.js';
import {
  ContributedDto,
  contributionLimits,
  contributionOf,
  ContributionPageDto,
  ContributionRequest,
  ContributionVoidedDto,
  VoidRequest,
} from './contribution.dto.js';

const ApiSourceId = () =>
  ApiParam({
    name: 'source_id',
    schema: {
      type: 'string',
      minLength: 1,
      maxLength: contributionLimits.source_id,
      example: 'payment-4711',
    },
  });

/** Takes contributions, tickets for a funding goal, the class's unit for others; voids and lists them. */
@ApiTags('goals')
@ApiBearerAuth()
@Controller('goals/:goal_id/contributions')
export class ContributionsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly goals: GoalReader,
    private readonly sessions: SessionReader,
    private readonly contributions: ContributionStore,
  ) {}

  @Post()
  @Roles('service')
  @OfKind('payment')
  @ApiOperation({
    operationId: 'contribute',
    summary: 'Count a contribution; the same source_id counts once',
    description:
      'For services that take payments. The payment and the progress of the goal change in one transaction. Sent again with the same user and amount it is answered 200 and counts nothing more. A funding goal sells late tickets after its countdown.',
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
    salesClosed,
    takesNoContributions,
    sessionEnded,
    sourceIdReused,
    unknownGoalClass,
    payloadTooLarge,
    unsupportedMediaType,
    validationFailed,
  )
  async contribute(
    @Param('goal_id') goalId: string,
    @Body() request: ContributionRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ContributedDto> {
    const command = new ContributeCommand(goalId, contributionOf(request));
    const { isNew, ...contributed } = await this.commands.execute(command);
    void reply.status(isNew ? 201 : 200);
    return contributed;
  }

  @Post(':source_id/void')
  @HttpCode(200)
  @Roles('service')
  @OfKind('payment')
  @ApiOperation({
    operationId: 'voidContribution',
    summary: 'Have a contribution count nothing, also one that has not arrived yet',
    description:
      'For charge-backs. Progress, level and leaderboard go down, and a user without another ticket loses access. A source that was never seen leaves a tombstone: its payment counts nothing if it arrives later. Refused once the goal is settled.',
  })
  @ApiGoalId()
  @ApiSourceId()
  @ApiBody({ type: VoidRequest, required: false })
  @ApiOkResponse({ type: ContributionVoidedDto, description: 'voided, now or before' })
  @ApiProblems(
    malformedRequest,
    unauthorized,
    forbidden,
    goalNotFound,
    goalPending,
    goalFailed,
    takesNoContributions,
    alreadySettled,
    unknownGoalClass,
    payloadTooLarge,
    unsupportedMediaType,
    validationFailed,
  )
  async void(
    @Param('goal_id') goalId: string,
    @Param('source_id') source_id: string,
    @Body() { reason }: VoidRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<ContributionVoidedDto> {
    assertSourceId(source_id);
    const voiding = { source_id, void_reason: reason ?? null, actor: actorOf(caller) };
    return this.commands.execute(new VoidContributionCommand(goalId, voiding));
  }

  @Delete(':source_id/message')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'removeMessage',
    summary: 'Remove the message of a contribution for good',
    description:
      'For moderation. The contribution counts as before. Screens are told by goal.updated, whose changes name `contributions.{source_id}.message`. Again it is the same answer.',
  })
  @ApiGoalId()
  @ApiSourceId()
  @ApiNoContentResponse({ description: 'removed, now or before, or there was none' })
  @ApiProblems(
    malformedRequest,
    unauthorized,
    notYourSession,
    goalNotFound,
    contributionNotFound,
    sessionNotFound,
    unknownGoalClass,
    payloadTooLarge,
    unsupportedMediaType,
    validationFailed,
  )
  async removeMessage(
    @Param('goal_id') goalId: string,
    @Param('source_id') sourceId: string,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    assertSourceId(sourceId);
    await this.commands.execute(new RemoveMessageCommand(goalId, sourceId, caller));
  }

  @Get()
  @ApiOperation({
    operationId: 'getContributions',
    summary: 'The contributions to a goal, oldest first',
    description:
      'Voided contributions are in the list, with when that was. The givers of anonymous ones are shown to services and admins alone.',
  })
  @ApiGoalId()
  @ApiOkResponse({ type: ContributionPageDto })
  @ApiProblems(
    unauthorized,
    notYourSession,
    goalNotFound,
    sessionNotFound,
    unknownGoalClass,
    validationFailed,
  )
  async list(
    @Param('goal_id') goalId: string,
    @Query() query: PageQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<ContributionPageDto> {
    const known = await this.goals.find(goalId);
    if (!known) throw goalNotFound(`There is no goal ${goalId}.`);
    const record = 'stored' in known ? known.stored : known.waiting.record;
    if (!classOf(record))
      throw unknownGoalClass('The class of the goal is not known here.', { goal_id: goalId });
    assertMayManage(caller, await this.sessions.get(record.conditions.session_id));
    const seesGivers = hasRole(caller, 'service', 'admin');
    return this.contributions.page(goalId, query, (contribution) => toListed(contribution, seesGivers));
  }
}

/** A source_id of a path is under the rules of those in a body. */
function assertSourceId(sourceId: string): void {
  if (sourceId.length <= contributionLimits.source_id && sourceId.isWellFormed() && !sourceId.includes('\0'))
    return;
  const detail = `must be 1 to ${contributionLimits.source_id} characters without NUL`;
  throw validationFailed('The source_id is not valid.', { errors: [{ pointer: '/source_id', detail }] });
}

function toListed(contribution: StoredContribution, seesGivers: boolean): ListedContribution {
  const { source_id, amount, late = false, voided_at, message, anonymous = false, created_at } = contribution;
  const isShown = !anonymous || seesGivers;
  return {
    source_id,
    user_id: (isShown && contribution.user_id) || null,
    amount,
    late,
    voided_at: voided_at?.toISOString() ?? null,
    display_name: (isShown && contribution.display_name) || null,
    message: message ?? null,
    anonymous,
    created_at: created_at.toISOString(),
  };
}
