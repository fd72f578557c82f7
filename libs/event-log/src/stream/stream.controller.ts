import {
  ApiProblems,
  CurrentAuthorization,
  forbidden,
  IfPresent,
  InScope,
  LongLived,
  Problem,
  TokenInQuery,
  TokenVerifier,
  unauthorized,
  validationFailed,
} from '#platform';
import { ApiSessionId, sessionNotFound, SessionReader } from '#sessions';
import { Controller, Get, Headers, Param, Query, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { IsString } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { EventLog } from '../event-log.store.js';
import { positionOf, unknownCursor } from '../log-cursor.js';
import { EventStream } from './event-stream.js';
import { StreamHub } from './stream-hub.js';

class StreamQuery {
  @ApiPropertyOptional({
    description: 'the token, for clients that cannot send a header, as EventSource in browsers',
  })
  @IfPresent()
  @IsString()
  access_token?: string;
}

const example = `retry: 2000
id: ZTQx

id: ZTQy
event: goal.progressed
data: {"event_id":"0123456789abcdef0123456e","goal_id":"0123456789abcdef0123456b","version":2,"progress":60}

`;

/** Sends the events of a stream to its viewers as server-sent events. */
@ApiTags('sessions')
@ApiBearerAuth()
@Controller('sessions/:session_id/events')
export class StreamController {
  constructor(
    private readonly sessions: SessionReader,
    private readonly log: EventLog,
    private readonly hub: StreamHub,
    private readonly tokens: TokenVerifier,
  ) {}

  @Get()
  @LongLived()
  @TokenInQuery()
  @InScope('session_id')
  @ApiOperation({
    operationId: 'streamEvents',
    summary: "The events of the stream's channel as server-sent events, until the token expires",
    description:
      'With the same payloads as on the channel. The stream ends when its token expires or is denied.',
  })
  @ApiSessionId()
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'id of the last event that the client has; it gets all that came after it',
    schema: { type: 'string', maxLength: 100 },
  })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({
    description: 'id: a cursor; event: the type; data: the payload. A comment every 15 s if nothing happens.',
    content: { 'text/event-stream': { schema: { type: 'string' }, example } },
  })
  @ApiProblems(unauthorized, forbidden, sessionNotFound, validationFailed)
  async stream(
    @Param('session_id') sessionId: string,
    @Query() _query: StreamQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @CurrentAuthorization() authorization: unknown,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.sessions.get(sessionId);
    // EventSource sends an empty id if it has none.
    const after = lastEventId ? positionOf(lastEventId, '/last-event-id') : undefined;
    if (after !== undefined && !(await this.log.hasGivenOut(after))) throw unknownCursor('/last-event-id');
    const stream = new EventStream(reply, sessionId, () => this.holds(authorization), after ?? 0);
    await this.hub.open(stream, after);
  }
  /** A token that expires or is denied ends its streams; that its keys cannot be fetched just now does not. */
  private async holds(authorization: unknown): Promise<boolean> {
    return this.tokens.verify(authorization).then(
      () => true,
      (error: unknown) => !(error instanceof Problem && error.kind === unauthorized),
    );
  }
}
