import { goalClassOf, type GoalStatus, goalStatuses, type GoalType, goalTypes } from '#contracts';
import {
  ApiProblems,
  assertInScope,
  type Caller,
  Conditional,
  CurrentCaller,
  etagHeader,
  forbidden,
  IfPresent,
  InScope,
  PageQuery,
  SharedReads,
  unauthorized,
  validationFailed,
} from '#platform';
import { ApiSessionId, sessionNotFound, SessionReader } from '#sessions';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { ApiGoalId, GoalDto, goalExample, GoalPageDto, goalPageExample } from '../goal/goal.dto.js';
import { goalNotFound } from '../goal/goal.problems.js';
import { type GoalFilter, GoalStore } from '../goal/goal.store.js';
import { GoalReader } from './goal.reader.js';

const types = Object.values(goalTypes);
const statuses = goalStatuses.filter((status) => status !== 'pending');

/** Query of a list of goals. */
export class GoalsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: types })
  @IfPresent()
  @IsIn(types)
  goal_type?: GoalType;

  @ApiPropertyOptional({
    enum: statuses,
    description: 'a goal that is pending is in no list yet',
  })
  @IfPresent()
  @IsIn(statuses)
  status?: GoalStatus;
}

/** Shows goals. */
@ApiTags('goals')
@ApiBearerAuth()
@Controller()
export class GoalsController {
  private readonly lists = new SharedReads<GoalPageDto>();

  constructor(
    private readonly reader: GoalReader,
    private readonly goals: GoalStore,
    private readonly sessions: SessionReader,
  ) {}

  @Get('goals/:goal_id')
  @InScope()
  @ApiOperation({
    operationId: 'getGoal',
    summary: 'A goal; pending from the moment it is accepted',
    description:
      'From the answer that accepted a goal on it is found: `pending` until it is stored, then as it is, or `failed` with the reason.',
  })
  @ApiGoalId()
  @ApiOkResponse({ type: GoalDto, example: goalExample })
  @ApiProblems(unauthorized, forbidden, goalNotFound)
  async get(@Param('goal_id') goalId: string, @CurrentCaller() caller: Caller): Promise<GoalDto> {
    const goal = await this.reader.get(goalId);
    assertInScope(caller, goal.conditions.session_id);
    return goal;
  }

  @Get('goals')
  @ApiOperation({
    operationId: 'getGoals',
    summary: 'All goals, oldest first',
    description: 'Goals of all sessions that are stored, page by page, narrowed down by class and status.',
  })
  @ApiOkResponse({ type: GoalPageDto, example: goalPageExample })
  @ApiProblems(unauthorized, validationFailed)
  async listAll(@Query() query: GoalsQuery): Promise<GoalPageDto> {
    return this.goals.page(filterOf(query), query, (stored) => this.reader.show(stored));
  }

  @Get('sessions/:session_id/goals')
  @InScope('session_id')
  @Conditional()
  @ApiOperation({
    operationId: 'getSessionGoals',
    summary: 'The goals of a session, oldest first',
    description:
      'The answer has an `ETag`; with `If-None-Match` it is 304 while nothing has changed. A client that missed events reads this.',
  })
  @ApiSessionId()
  @ApiOkResponse({ type: GoalPageDto, example: goalPageExample, headers: etagHeader })
  @ApiProblems(unauthorized, forbidden, sessionNotFound, validationFailed)
  async list(@Param('session_id') sessionId: string, @Query() query: GoalsQuery): Promise<GoalPageDto> {
    // Clients that missed events, all of a stream at once, ask for the same.
    return this.lists.read(JSON.stringify([sessionId, query]), async () => {
      const [page] = await Promise.all([
        this.goals.page({ sessionId, ...filterOf(query) }, query, (stored) => this.reader.show(stored)),
        this.sessions.get(sessionId),
      ]);
      return page;
    });
  }
}

function filterOf({ goal_type, status }: GoalsQuery): GoalFilter {
  return { goalClass: goalClassOf(goal_type), status };
}
