import { isId, problemKind } from '#platform';
import { Injectable } from '@nestjs/common';
import type { SessionRecord } from './session.schema.js';
import { SessionStore } from './session.store.js';

export const sessionNotFound = problemKind(404, 'session_not_found', 'There is no such session');
export const notYourSession = problemKind(403, 'not_your_session', 'The session belongs to another streamer');
export const sessionEnded = problemKind(409, 'session_ended', 'The session has ended');

/** Reads sessions for requests. */
@Injectable()
export class SessionReader {
  constructor(private readonly sessions: SessionStore) {}

  /** Returns the session, or throws the problem session_not_found. */
  async get(sessionId: string): Promise<SessionRecord> {
    const session = isId(sessionId) ? await this.sessions.find(sessionId) : null;
    if (!session) throw sessionNotFound(`There is no session ${sessionId}.`);
    return session;
  }
}
