import type { RtcSource } from '#contracts';
import { PermanentError, readAs } from '#platform';
import { SessionStore, toSession } from '#sessions';
import { Type } from 'class-transformer';
import { IsArray, IsISO8601, IsString, ValidateNested } from 'class-validator';

/** Where the RTC sources of a session come from. */
export abstract class RtcSources {
  /** The sources as they are now. Throws if they cannot be had; the caller retries. */
  abstract of(sessionId: string): Promise<RtcSource[]>;
}

/** Reads the sources from the session document. */
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

class AnsweredSource implements RtcSource {
  @IsString() publisher_id: string;
  @IsString() kind: string;
  @IsString() track: string;
  @IsISO8601() since: string;
}

class Answer {
  @IsArray() @ValidateNested({ each: true }) @Type(() => AnsweredSource) sources: AnsweredSource[];
}

/**
 * Asks an RTC server: GET on the configured URL, with the session's id for `{session_id}` or else as the query parameter
 * session_id. The answer is a JSON list of sources, or an object that has it as `sources`.
 */
export class HttpRtcSources extends RtcSources {
  constructor(
    private readonly url: string,
    private readonly timeoutMs: number,
  ) {
    super();
  }

  async of(sessionId: string): Promise<RtcSource[]> {
    const response = await fetch(this.address(sessionId), { signal: AbortSignal.timeout(this.timeoutMs) });
    if (!response.ok) throw new Error(`the RTC server answered ${response.status}`);
    const body: unknown = await response.json();
    const { value, faults } = readAs(Answer, Array.isArray(body) ? { sources: body } : body);
    const fault = faults[0];
    if (fault) throw new Error(`the RTC server's answer does not hold: ${fault.pointer} ${fault.detail}`);
    return value.sources;
  }

  private address(sessionId: string): string {
    if (this.url.includes('{session_id}')) return this.url.replaceAll('{session_id}', sessionId);
    const address = new URL(this.url);
    address.searchParams.set('session_id', sessionId);
    return address.toString();
  }
}
