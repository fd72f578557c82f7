import {
  type SettledOutcome,
  settledOutcomes,
  type SettledTicket,
  type SettlementPage,
  type TicketAction,
  ticketActions,
  type VoidReason,
  voidReasons,
} from '#contracts';
import { SettlementStore } from '#contributions';
import {
  ApiProblems,
  type Caller,
  CurrentCaller,
  hasRole,
  PageQuery,
  unauthorized,
  validationFailed,
} from '#platform';
import { notYourSession, SessionReader } from '#sessions';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { assertMayManage } from '../create-goal/session-guard.js';
import { ApiGoalId } from '../goal/goal.dto.js';
import { goalFailed, goalNotFound, goalPending, notSettled } from '../goal/goal.problems.js';
import { isSettled } from '../goal/outcome.js';
import { GoalReader } from '../read-goal/goal.reader.js';

export class SettledTicketDto implements SettledTicket {
  @ApiProperty({ example: 'payment-1' }) source_id: string;
  @ApiProperty({
    type: String,
    nullable: true,
    example: '0123456789abcdef0123456c',
    description: 'null for an anonymous ticket, unless a service or an admin asks',
  })
  user_id: string | null;
  @ApiProperty({ type: 'integer', example: 1 }) amount: number;
  @ApiProperty({ enum: ticketActions, example: 'capture' }) action: TicketAction;
}

export class SettlementDto implements SettlementPage {
  @ApiProperty({ enum: settledOutcomes, example: 'delivered' }) outcome: SettledOutcome;
  @ApiProperty({ type: String, nullable: true, enum: [...voidReasons, null], example: null })
  void_reason: VoidReason | null;
  @ApiProperty({ format: 'date-time', example: '2026-09-21T15:13:20.000Z' }) settled_at: string;
  @ApiProperty({ type: 'integer', example: 1, description: 'how many tickets count' }) tickets: number;
  @ApiProperty({ type: 'integer', example: 1, description: 'the sum of their amounts' }) total: number;
  @ApiProperty({ type: [SettledTicketDto], description: 'those that were voided are left out' })
  items: SettledTicketDto[];
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor: string | null;
}

/** Shows what a payment system has to do with the tickets of a funding goal. */
@ApiTags('goals')
@ApiBearerAuth()
@Controller('goals/:goal_id/settlement')
export class SettlementController {
  constructor(
    private readonly goals: GoalReader,
    private readonly sessions: SessionReader,
    private readonly tickets: SettlementStore,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'getSettlement',
    summary: 'What is to be done with each ticket of a funding goal, once that is settled',
    description:
      '`capture` or `release` for each ticket that counts, page by page. Before the goal is settled the answer is 409; afterwards it never changes.',
  })
  @ApiGoalId()
  @ApiOkResponse({ type: SettlementDto })
  @ApiProblems(
    unauthorized,
    notYourSession,
    goalNotFound,
    goalPending,
    goalFailed,
    notSettled,
    validationFailed,
  )
  async get(
    @Param('goal_id') goalId: string,
    @Query() page: PageQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<SettlementDto> {
    const { conditions, outcome, void_reason, settled_at, settlement } = await this.goals.stored(goalId);
    assertMayManage(caller, await this.sessions.get(conditions.session_id));
    if (!outcome || !isSettled(outcome) || !settled_at || !settlement)
      throw notSettled('It is settled when its show has ended, or when it is sure that there will be none.');
    const seesAll = hasRole(caller, 'service', 'admin');
    const action = outcome === 'delivered' ? 'capture' : 'release';
    const { items, next_cursor } = await this.tickets.page(
      goalId,
      page,
      ({ source_id, user_id, amount, anonymous }): SettledTicket => ({
        source_id,
        user_id: anonymous && !seesAll ? null : user_id,
        amount,
        action,
      }),
    );
    return {
      outcome,
      void_reason: void_reason ?? null,
      settled_at: settled_at.toISOString(),
      ...settlement,
      items,
      next_cursor,
    };
  }
}
