import { type Caller, hasRole } from '#platform';
import { notYourSession, sessionEnded, SessionReader, type SessionRecord } from '#sessions';
import { Injectable } from '@nestjs/common';

/** Decides who may create goals in which session. */
@Injectable()
export class SessionGuard {
  constructor(private readonly sessions: SessionReader) {}

  /** The session of a new goal. Throws if it is unknown, somebody else's or ended. */
  async sessionFor(sessionId: string, caller: Caller): Promise<SessionRecord> {
    const session = await this.sessions.get(sessionId);
    assertMayManage(caller, session);
    if (session.active === false) throw sessionEnded('The session has ended and takes no new goals.');
    return session;
  }
}

/** A session is managed by its streamer, by services and by admins. */
export function assertMayManage(caller: Caller, session: Pick<SessionRecord, 'user'>): void {
  if (session.user.toHexString() !== caller.userId && !hasRole(caller, 'admin', 'service'))
    throw notYourSession('Only its streamer, a service or an admin may do this.');
}
