import { goalClasses, type GoalContext, type GoalType, goalTypes } from '#contracts';
import { idSchema as id } from '#platform';
import { ApiProperty } from '@nestjs/swagger';

export class FeedEntryDto {
  @ApiProperty(id('0123456789abcdef0123456a')) feed_id: string;
  @ApiProperty({ example: 'goal.added' }) type: string;
  @ApiProperty(id('0123456789abcdef01234568')) session_id: string;
  @ApiProperty(id('0123456789abcdef01234569')) streamer_id: string;
  @ApiProperty(id('0123456789abcdef0123456b')) goal_id: string;
  @ApiProperty({
    type: String,
    nullable: true,
    enum: [...Object.values(goalTypes), null],
    example: 'show',
    description: 'null for a goal of a class that this release does not know',
  })
  goal_type: GoalType | null;
  @ApiProperty({ example: 'ShowGoal', description: `${goalClasses.join(', ')}, or one of another release` })
  _cls: string;
  @ApiProperty({ type: 'object', additionalProperties: true, example: { type: 'show' } })
  context: GoalContext;
  @ApiProperty({ format: 'date-time', example: '2026-09-21T14:13:21.000Z' }) created_at: string;
}

export class FeedPageDto {
  @ApiProperty({ type: [FeedEntryDto] }) items: FeedEntryDto[];
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor: string | null;
}
