import { setTimeout as wait } from 'node:timers/promises';
import { tokenFor } from '../../client.js';
import type { Recorder } from '../../history/recorder.js';

/** What a try is counted as: a goal, a payment, a read, or anything else. */
export type Kind = 'create' | 'contribute' | 'read' | 'other';

/** One try of a request: what came back and how long it took. */
export interface Attempt {
  what: Kind;
  at: number;
  ms: number;
  /** `cut` where the connection broke, `hung` where no answer came in ten seconds. */
  status: number | 'cut' | 'hung';
  /** Whether a refusal was problem details, and whether it said when to come back. */
  isProblem: boolean;
  hasRetryAfter: boolean;
}

/** What to send, and as whom. */
export interface Call {
  what: Kind;
  method: string;
  path: string;
  user: { id: string; role: string };
  body?: Record<string, unknown>;
  key?: string;
}

/** The answer that ended a request. */
export interface Answered {
  status: number;
  body: Record<string, unknown>;
}

const hangsAfterMs = 10_000;

/** Refusals that say that the same request may be taken in a moment. */
const comeAgain = new Set<unknown>([
  'request_in_flight',
  'create_in_flight',
  'goal_pending',
  'pair_not_bound',
  'not_settled',
]);

/** Sends a request again under the same key until it is answered for good, as a careful client would. All of it is recorded. */
export class CarefulClient {
  readonly attempts: Attempt[] = [];
  private readonly tokens = new Map<string, Promise<string>>();

  constructor(
    private readonly baseUrl: string,
    private readonly recorder: Recorder,
  ) {}

  /** Resolves to the answer that is not to be followed by another try. */
  async send(call: Call): Promise<Answered> {
    for (;;) {
      const { answered, retryAfterMs } = await this.try(call);
      if (answered && !isToBeRetried(answered)) return answered;
      await wait(retryAfterMs + Math.random() * 100);
    }
  }

  /** Sends it once. */
  async try(call: Call): Promise<{ answered?: Answered; retryAfterMs: number }> {
    const { what, method, path, user, body, key } = call;
    const token = await this.token(user);
    const at = Date.now();
    const record = this.recorder.request({ method, path, user: user.id, key, body });
    const note = (rest: Pick<Attempt, 'status' | 'isProblem' | 'hasRetryAfter'>) =>
      this.attempts.push({ what, at, ms: Date.now() - at, ...rest });
    try {
      const response = await fetch(this.baseUrl + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body && { 'content-type': 'application/json' }),
          ...(key && { 'idempotency-key': key }),
        },
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(hangsAfterMs),
      });
      const answer = JSON.parse(await response.text()) as Record<string, unknown>;
      const { status, headers } = response;
      record({ status, body: answer });
      const isProblem = headers.get('content-type')?.startsWith('application/problem+json') ?? false;
      const retryAfter = headers.get('retry-after');
      note({ status, isProblem, hasRetryAfter: retryAfter !== null });
      return { answered: { status, body: answer }, retryAfterMs: Number(retryAfter ?? 0.2) * 1000 };
    } catch (error) {
      const status = (error as Error).name === 'TimeoutError' ? 'hung' : 'cut';
      record({ status });
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
  return status >= 500 || (status === 409 && comeAgain.has(body.code));
}
