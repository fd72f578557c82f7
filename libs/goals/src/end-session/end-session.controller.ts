import {
  ApiProblems,
  type Caller,
  CurrentCaller,
  malformedRequest,
  payloadTooLarge,
  unauthorized,
  unsupportedMediaType,
} from '#platform';
import {
  ApiSessionId,
  notYourSession,
  SessionDto,
  sessionNotFound,
  SessionReader,
  SessionStore,
  toSession,
} from '#sessions';
import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { assertMayManage } from '../create-goal/session-guard.js';
import { EndSessionQueue } from './end-session.queue.js';

/** Ends sessions. */
@ApiTags('sessions')
@ApiBearerAuth()
@Controller('sessions/:session_id/end')
export class EndSessionController {
  constructor(
    private readonly reader: SessionReader,
    private readonly sessions: SessionStore,
    private readonly queue: EndSessionQueue,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'endSession',
    summary: 'End a session; its open goals end with reason session_ended',
  })
  @ApiSessionId()
  @ApiOkResponse({ type: SessionDto })
  @ApiProblems(
    malformedRequest,
    unauthorized,
    notYourSession,
    sessionNotFound,
    payloadTooLarge,
    unsupportedMediaType,
  )
  async end(@Param('session_id') sessionId: string, @CurrentCaller() caller: Caller): Promise<SessionDto> {
    const session = await this.reader.get(sessionId);
    assertMayManage(caller, session);
    // First the session, which takes no more from then on. Where the job is lost, the sweep finds what is left to do.
    const ended = await this.sessions.end(sessionId);
    await this.queue.add(sessionId);
    return toSession(ended ?? session);
  }
}
