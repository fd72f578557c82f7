import { type GoalEvent, type GoalEventType, goalEvents } from '#contracts';
import { idSchema, IfPresent, IsId } from '#platform';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsString, Max, MaxLength, Min } from 'class-validator';

export const eventTypes: GoalEventType[] = Object.values(goalEvents);

/** An example would be sent unasked by Swagger UI. */
const idInQuery = { ...idSchema(''), example: undefined };

/** Which events of the log, from where on, and how many. */
export class EventsQuery {
  @ApiPropertyOptional({
    description: 'next_cursor of an earlier answer; without it the log is read from its oldest event',
    maxLength: 100,
  })
  @IfPresent()
  @IsString()
  @MaxLength(100)
  after?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 100 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  limit: number = 100;

  @ApiPropertyOptional({ enum: eventTypes, description: 'events of this type alone' })
  @IfPresent()
  @IsIn(eventTypes)
  type?: GoalEventType;

  @ApiPropertyOptional({ ...idInQuery, description: 'events of this session alone' })
  @IfPresent()
  @IsId()
  session_id?: string;

  @ApiPropertyOptional({ ...idInQuery, description: 'events of this goal alone' })
  @IfPresent()
  @IsId()
  goal_id?: string;
}

/** An event as the log, webhooks and messages have it. */
export class EventDto implements GoalEvent {
  @ApiProperty(idSchema('0123456789abcdef0123456e')) event_id: string;
  @ApiProperty({ enum: eventTypes, example: 'goal.activated' }) type: GoalEventType;
  @ApiProperty({ type: 'integer', example: 1, description: 'version of the goal that data shows' })
  version: number;
  @ApiProperty({ format: 'date-time', example: '2026-09-21T14:13:20.000Z' }) occurred_at: string;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'the goal as it was, with session_id and the fields of the type',
    example: {
      goal_id: '0123456789abcdef0123456b',
      session_id: '0123456789abcdef01234568',
      status: 'active',
      version: 1,
      scheduled_for: '2026-09-21T14:13:20.000Z',
    },
  })
  data: GoalEvent['data'];
}

export class EventPageDto {
  @ApiProperty({ type: [EventDto] }) items: EventDto[];
  @ApiProperty({
    example: 'ZTQy',
    description: 'where to go on; after the last page the same call later has what is new',
  })
  next_cursor: string;
}
