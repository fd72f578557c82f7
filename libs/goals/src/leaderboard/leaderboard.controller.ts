import type { LeaderboardEntry } from '#contracts';
import { ApiProblems, offsetOf, pageByOffset, PageQuery, unauthorized, validationFailed } from '#platform';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { GoalReader } from '../read-goal/goal.reader.js';
import { ApiGoalId } from '../goal/goal.dto.js';
import { goalNotFound } from '../goal/goal.problems.js';
import { Leaderboard } from './leaderboard.js';

export class LeaderboardEntryDto implements LeaderboardEntry {
  @ApiProperty({ type: 'integer', example: 1 }) rank: number;
  @ApiProperty({ example: '0123456789abcdef0123456c' }) user_id: string;
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
  @ApiOperation({ operationId: 'getLeaderboard', summary: 'Who gave most to the goal' })
  @ApiGoalId()
  @ApiOkResponse({ type: LeaderboardPageDto })
  @ApiProblems(unauthorized, goalNotFound, validationFailed)
  async list(
    @Param('goal_id') goalId: string,
    @Query() { cursor, limit }: PageQuery,
  ): Promise<LeaderboardPageDto> {
    const goal = await this.goals.get(goalId);
    const offset = offsetOf(cursor);
    const entries = await this.leaderboard.page(goalId, goal.version, offset, limit + 1);
    return pageByOffset(entries, limit, offset);
  }
}
