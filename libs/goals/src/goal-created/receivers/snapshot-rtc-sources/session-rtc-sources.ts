import type { RtcSource } from '#contracts';
import { PermanentError } from '#platform';
import { SessionStore, toSession } from '#sessions';
import { Injectable } from '@nestjs/common';
import { RtcSources } from './rtc-sources.js';

/** Reads the sources from the session document. */
@Injectable()
export class SessionRtcSources extends RtcSources {
  constructor(private readonly sessions: SessionStore) {
    super();
  }

  async of(sessionId: string): Promise<RtcSource[]> {
    const session = await this.sessions.find(sessionId);
    if (!session) throw new PermanentError(`the session ${sessionId} is gone`);
    return toSession(session).rtc_sources;
  }
}
