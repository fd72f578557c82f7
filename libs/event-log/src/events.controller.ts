import { ApiProblems, forbidden, Roles, unauthorized, validationFailed } from '#platform';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { EventPageDto, EventsQuery } from './event.dto.js';
import { EventLog } from './event-log.store.js';
import { cursorOf, positionOf, unknownCursor } from './log-cursor.js';

/** Lets other services read the event log. */
@ApiTags('events')
@ApiBearerAuth()
@Controller('events')
export class EventsController {
  constructor(private readonly log: EventLog) {}

  @Get()
  @Roles('service', 'admin')
  @ApiOperation({
    operationId: 'getEvents',
    summary: 'Every event that was sent, oldest first; who follows the cursor misses none',
    description: 'After the last page the same call, with its cursor, later has what is new.',
  })
  @ApiOkResponse({ type: EventPageDto })
  @ApiProblems(unauthorized, forbidden, validationFailed)
  async list(@Query() { after, limit, ...filter }: EventsQuery): Promise<EventPageDto> {
    const position = positionOf(after, '/after');
    if (!(await this.log.hasGivenOut(position))) throw unknownCursor('/after');
    const { events, readTo } = await this.log.after(position, limit, filter);
    return { items: events.map(({ event }) => event), next_cursor: cursorOf(readTo) };
  }
}
