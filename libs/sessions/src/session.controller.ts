import {
  ApiProblems,
  type Caller,
  CurrentCaller,
  forbidden,
  Idempotent,
  idempotencyKeyReused,
  InScope,
  isId,
  malformedRequest,
  CurrentOperation,
  type Operation,
  payloadTooLarge,
  requestInFlight,
  Roles,
  unauthorized,
  unsupportedMediaType,
  validationFailed,
} from '#platform';
import { Body, Controller, Get, Param, Post, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiSessionId, OpenSessionRequest, SessionDto, toSession } from './session.dto.js';
import { sessionNotFound, SessionReader, SessionStore } from './session.store.js';

const session_id = '$response.body#/session_id';
const linksOfNewSession = {
  getSession: { operationId: 'getSession', parameters: { session_id } },
  getSessionGoals: { operationId: 'getSessionGoals', parameters: { session_id } },
  getFeed: { operationId: 'getFeed', parameters: { session_id } },
  endSession: { operationId: 'endSession', parameters: { session_id } },
  createFundingGoal: {
    operationId: 'createGoal',
    parameters: { goal_type: 'show_funding' },
    requestBody: { context: { session_id } },
    description: 'levels and exp are to be added',
  },
};

/** Opens and shows sessions. */
@ApiTags('sessions')
@ApiBearerAuth()
@Controller('sessions')
export class SessionController {
  constructor(
    private readonly sessions: SessionStore,
    private readonly reader: SessionReader,
  ) {}

  @Post()
  @Roles('streamer')
  @Idempotent()
  @ApiOperation({
    operationId: 'openSession',
    summary: 'Open a session of the calling streamer',
    description:
      "The session is the stream of the token's user. With an `Idempotency-Key` a request can be repeated safely.",
  })
  @ApiBody({ type: OpenSessionRequest, required: false, examples: { empty: { value: {} } } })
  @ApiCreatedResponse({
    type: SessionDto,
    headers: { Location: { schema: { type: 'string' }, description: 'where to read the session' } },
    links: linksOfNewSession,
  })
  @ApiProblems(
    malformedRequest,
    unauthorized,
    forbidden,
    requestInFlight,
    payloadTooLarge,
    unsupportedMediaType,
    validationFailed,
    idempotencyKeyReused,
  )
  async open(
    @CurrentCaller() caller: Caller,
    @CurrentOperation() { id: sessionId }: Operation,
    @Body() _request: OpenSessionRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionDto> {
    if (!isId(caller.userId)) throw forbidden('The sub of the token is not a user id of 24 hex digits.');
    const session = await this.sessions.open(sessionId, caller.userId);
    void reply.header('location', `/sessions/${sessionId}`);
    return toSession(session);
  }

  @Get(':session_id')
  @InScope('session_id')
  @ApiOperation({
    operationId: 'getSession',
    summary: 'A session with its bindings',
    description: 'Which goals are bound to it, in its pairs and slots.',
  })
  @ApiSessionId()
  @ApiOkResponse({ type: SessionDto })
  @ApiProblems(unauthorized, forbidden, sessionNotFound)
  async get(@Param('session_id') sessionId: string): Promise<SessionDto> {
    return toSession(await this.reader.get(sessionId));
  }
}
