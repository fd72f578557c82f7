import type { LeaderboardEntry } from '#contracts';
import {
  ApiProblems,
  type Caller,
  CurrentCaller,
  hasRole,
  offsetOf,
  pageByOffset,
  PageQuery,
  unauthorized,
  validationFailed,
} from '#platform';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { GoalReader } from '../read-goal/goal.reader.js';
import { ApiGoalId } from '../goal/goal.dto.js';
import { goalNotFound } from '../goal/goal.problems.js';
import { Leaderboard } from './leaderboard.js';

export class LeaderboardEntryDto implements LeaderboardEntry {
  @ApiProperty({ type: 'integer', example: 1 }) rank: number;
  @ApiProperty({
    type: String,
    nullable: true,
    example: '0123456789abcdef0123456c',
    description: 'null for an anonymous giver; services and admins see who it is',
  })
  user_id: string | null;
  @ApiProperty({ example: false, description: 'whether these are the anonymous amounts of somebody' })
  anonymous: boolean;
  @ApiProperty({ type: 'integer', example: 42, description: 'in all' }) amount: number;
}

export class LeaderboardPageDto {
  @ApiProperty({ type: [LeaderboardEntryDto] }) items: LeaderboardEntryDto[];
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor: string | null;
}

/** Shows who gave most. */
@ApiTags('goals')
@ApiBearerAuth()
@Controller('goals/:goal_id/leaderboard')
export class LeaderboardController {
  constructor(
    private readonly goals: GoalReader,
    private readonly leaderboard: Leaderboard,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'getLeaderboard',
    summary: 'Who gave most to the goal',
    description: 'Sums of what counts, by user, the largest first. Anonymous givers have a rank and no name.',
  })
  @ApiGoalId()
  @ApiOkResponse({ type: LeaderboardPageDto })
  @ApiProblems(unauthorized, goalNotFound, validationFailed)
  async list(
    @Param('goal_id') goalId: string,
    @Query() { cursor, limit }: PageQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<LeaderboardPageDto> {
    const goal = await this.goals.get(goalId);
    const offset = offsetOf(cursor);
    const places = await this.leaderboard.page(goalId, goal.version, offset, limit + 1);
    const { items, next_cursor } = pageByOffset(places, limit, offset);
    if (hasRole(caller, 'service', 'admin')) return { items, next_cursor };
    return {
      items: items.map((place) => (place.anonymous ? { ...place, user_id: null } : place)),
      next_cursor,
    };
  }
}
