import { goalTypes, isGoalClass } from '#contracts';
import { ApiProblems, PageQuery, unauthorized, validationFailed } from '#platform';
import { ApiSessionId, sessionNotFound, SessionReader } from '#sessions';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { FeedEntryDto, FeedPageDto } from './feed.dto.js';
import type { FeedRecord } from './feed.schema.js';
import { FeedStore } from './feed.store.js';

/** Shows the feed of a livestream. */
@ApiTags('sessions')
@ApiBearerAuth()
@Controller('sessions/:session_id/feed')
export class FeedController {
  constructor(
    private readonly sessions: SessionReader,
    private readonly feed: FeedStore,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'getFeed',
    summary: 'What happened on the stream, newest first',
    description: 'One entry for each goal that was bound to the session, page by page.',
  })
  @ApiSessionId()
  @ApiOkResponse({ type: FeedPageDto })
  @ApiProblems(unauthorized, sessionNotFound, validationFailed)
  async list(@Param('session_id') sessionId: string, @Query() query: PageQuery): Promise<FeedPageDto> {
    await this.sessions.get(sessionId);
    return this.feed.page(sessionId, query, toEntry);
  }
}

function toEntry(record: FeedRecord): FeedEntryDto {
  const goalClass = record.payload._cls;
  return {
    feed_id: record._id.toHexString(),
    type: record.type,
    session_id: record.session.toHexString(),
    streamer_id: record.streamer.toHexString(),
    goal_id: record.goal.toHexString(),
    goal_type: isGoalClass(goalClass) ? goalTypes[goalClass] : null,
    _cls: goalClass,
    context: record.payload.context,
    created_at: record.created_at.toISOString(),
  };
}
