import { actorOf, AuditLog } from '#audit';
import {
  ApiProblems,
  type Caller,
  CurrentCaller,
  malformedRequest,
  payloadTooLarge,
  Transactions,
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
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'endSession',
    summary: 'End a session; its open goals end with reason session_ended',
    description:
      'The session takes no goals and no money from then on. A job cancels its open goals and settles its funding goals.',
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
    await this.store(sessionId, caller);
    await this.queue.add(sessionId);
    return toSession({ ...session, active: false });
  }

  private async store(sessionId: string, caller: Caller): Promise<void> {
    await this.transactions.run(async (transaction) => {
      if (!(await this.sessions.end(sessionId, transaction))) return;
      const line = {
        act: 'end_session' as const,
        actor: actorOf(caller),
        target: { session_id: sessionId },
        before: { active: true },
        after: { active: false },
      };
      await this.audit.record(line, transaction);
    });
  }
}
