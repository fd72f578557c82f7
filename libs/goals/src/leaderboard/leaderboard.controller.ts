import type { LeaderboardEntry } from '#contracts';
import { ApiProblems, PageQuery, unauthorized, validationFailed } from '#platform';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { GoalReader } from '../get-goal/goal.reader.js';
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
  @ApiOkResponse({ type: LeaderboardPageDto })
  @ApiProblems(unauthorized, goalNotFound, validationFailed)
  async list(
    @Param('goal_id') goalId: string,
    @Query() { cursor, limit }: PageQuery,
  ): Promise<LeaderboardPageDto> {
    const goal = await this.goals.get(goalId);
    const offset = cursor === undefined ? 0 : offsetOf(cursor);
    const entries = await this.leaderboard.page(goalId, goal.version, offset, limit + 1);
    const more = entries.length > limit;
    return {
      items: entries.slice(0, limit),
      next_cursor: more ? Buffer.from(`#${offset + limit}`).toString('base64url') : null,
    };
  }
}

function offsetOf(cursor: string): number {
  const match = /^#(\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!match)
    throw validationFailed('The cursor is not one that this list gave out.', {
      errors: [{ pointer: '/cursor', detail: 'must be the next_cursor of an earlier answer' }],
    });
  return Number(match[1]);
}
