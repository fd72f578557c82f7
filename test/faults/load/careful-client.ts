import { setTimeout as wait } from 'node:timers/promises';
import { tokenFor } from '../../client.js';

/** One try of a request: what came back and how long it took. */
export interface Attempt {
  what: 'create' | 'contribute';
  at: number;
  ms: number;
  /** `cut` where the connection broke, `hung` where no answer came in ten seconds. */
  status: number | 'cut' | 'hung';
  /** Whether a refusal was problem details, and whether it said when to come back. */
  isProblem: boolean;
  hasRetryAfter: boolean;
}

/** The answer that ended a request. */
export interface Answered {
  status: number;
  body: Record<string, unknown>;
}

const hangsAfterMs = 10_000;

/** Sends a request again under the same key until it is answered for good, as a careful client would. */
export class CarefulClient {
  readonly attempts: Attempt[] = [];
  private readonly tokens = new Map<string, Promise<string>>();

  constructor(private readonly baseUrl: string) {}

  async post(
    what: Attempt['what'],
    path: string,
    user: { id: string; role: string },
    body: object,
    key?: string,
  ): Promise<Answered> {
    for (;;) {
      const { answered, retryAfterMs } = await this.once(what, path, user, body, key);
      if (answered && !isToBeRetried(answered)) return answered;
      await wait(retryAfterMs + Math.random() * 100);
    }
  }

  private async once(
    what: Attempt['what'],
    path: string,
    user: { id: string; role: string },
    body: object,
    key?: string,
  ): Promise<{ answered?: Answered; retryAfterMs: number }> {
    const token = await this.token(user);
    const at = Date.now();
    const note = (rest: Pick<Attempt, 'status' | 'isProblem' | 'hasRetryAfter'>) =>
      this.attempts.push({ what, at, ms: Date.now() - at, ...rest });
    try {
      const response = await fetch(this.baseUrl + path, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          ...(key && { 'idempotency-key': key }),
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(hangsAfterMs),
      });
      const text = await response.text();
      const { status, headers } = response;
      const isProblem = headers.get('content-type')?.startsWith('application/problem+json') ?? false;
      const retryAfter = headers.get('retry-after');
      note({ status, isProblem, hasRetryAfter: retryAfter !== null });
      return {
        answered: { status, body: JSON.parse(text) as Record<string, unknown> },
        retryAfterMs: Number(retryAfter ?? 0.2) * 1000,
      };
    } catch (error) {
      const status = (error as Error).name === 'TimeoutError' ? 'hung' : 'cut';
      note({ status, isProblem: false, hasRetryAfter: false });
      return { retryAfterMs: 200 };
    }
  }

  private token({ id, role }: { id: string; role: string }): Promise<string> {
    const token = this.tokens.get(id) ?? tokenFor(id, [role]);
    this.tokens.set(id, token);
    return token;
  }
}

function isToBeRetried({ status, body }: Answered): boolean {
  return status >= 500 || (status === 409 && body.code === 'request_in_flight');
}
