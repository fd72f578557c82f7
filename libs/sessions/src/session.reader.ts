import { isId } from '#platform';
import { Injectable } from '@nestjs/common';
import { sessionNotFound } from './session.problems.js';
import type { SessionRecord } from './session.schema.js';
import { SessionStore } from './session.store.js';

/** Finds sessions for those who answer a request. */
@Injectable()
export class SessionReader {
  constructor(private readonly sessions: SessionStore) {}

  /** The session; throws the problem session_not_found where there is none. */
  async get(sessionId: string): Promise<SessionRecord> {
    const session = isId(sessionId) ? await this.sessions.find(sessionId) : null;
    if (!session) throw sessionNotFound(`There is no session ${sessionId}.`);
    return session;
  }
}
