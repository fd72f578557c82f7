import { setTimeout as wait } from 'node:timers/promises';
import type { Goal } from '#contracts';
import { newId } from '#platform';
import { tokenFor, until } from '../client.js';
import type { Stage } from './stage.js';

/** An answer to a request, with its body as JSON. */
export interface Answer {
  status: number;
  body: Record<string, unknown> & { code?: string };
}

/** What the settlement of a funding goal says, all its pages together. */
export interface Settlement {
  outcome: string;
  void_reason: string | null;
  tickets: number;
  total: number;
  items: { source_id: string; user_id: string; amount: number; action: string }[];
}

const hangsAfterMs = 10_000;
const givesUpAfterMs = 60_000;

/** A platform that uses goalpost: its streamer and its payment service send each request until it is answered for good. */
export class Platform {
  readonly streamerId = newId();
  private readonly serviceId = newId();
  private readonly tokens = new Map<string, Promise<string>>();
  private requests = 0;

  constructor(private readonly stage: Stage) {}

  /** As the streamer. */
  asStreamer(method: string, path: string, body?: object): Promise<Answer> {
    return this.send(method, path, this.streamerId, 'streamer', body);
  }

  /** As the payment service, or the relay of the RTC server. */
  asService(method: string, path: string, body?: object): Promise<Answer> {
    return this.send(method, path, this.serviceId, 'service', body);
  }

  async openSession(): Promise<string> {
    const { body } = await this.asStreamer('POST', '/sessions', {});
    return String(body.session_id);
  }

  /** Opens a funding goal; resolves once it is open for tickets and in its session. */
  async openFunding(sessionId: string, content: object): Promise<string> {
    const body = { context: { session_id: sessionId }, ...content };
    const accepted = await this.asStreamer('POST', '/goals?goal_type=show_funding', body);
    if (accepted.status !== 202) throw new Error(`refused: ${JSON.stringify(accepted.body)}`);
    const goalId = String(accepted.body.goal_id);
    await until(async () => (await this.goal(goalId)).status === 'active', givesUpAfterMs);
    return goalId;
  }

  async goal(goalId: string): Promise<Goal> {
    return (await this.asService('GET', `/goals/${goalId}`)).body as unknown as Goal;
  }

  contribute(goalId: string, source_id: string, user_id: string, amount: number): Promise<Answer> {
    return this.asService('POST', `/goals/${goalId}/contributions`, { source_id, user_id, amount });
  }

  voidContribution(goalId: string, source_id: string): Promise<Answer> {
    return this.asService('POST', `/goals/${goalId}/contributions/${source_id}/void`, { reason: 'refunded' });
  }

  /** Reads all pages of the settlement; waits until there is one. */
  async settlement(goalId: string): Promise<Settlement> {
    const path = `/goals/${goalId}/settlement?limit=100`;
    const first = await until(async () => {
      const answer = await this.asService('GET', path);
      return answer.status === 200 && answer.body;
    }, givesUpAfterMs);
    const settlement = first as unknown as Settlement & { next_cursor: string | null };
    const items = [...settlement.items];
    for (let cursor = settlement.next_cursor; cursor !== null;) {
      const { body } = await this.asService('GET', `${path}&cursor=${encodeURIComponent(cursor)}`);
      const page = body as unknown as typeof settlement;
      items.push(...page.items);
      cursor = page.next_cursor;
    }
    const { outcome, void_reason, tickets, total } = settlement;
    return { outcome, void_reason, tickets, total, items };
  }

  private async send(
    method: string,
    path: string,
    userId: string,
    role: string,
    body?: object,
  ): Promise<Answer> {
    const token = await this.token(userId, role);
    const end = Date.now() + givesUpAfterMs;
    for (;;) {
      const answer = await this.once(method, path, token, body);
      if (answer && !isToBeRetried(answer)) return answer;
      if (Date.now() > end)
        throw new Error(`${method} ${path} was not answered: ${JSON.stringify(answer?.body)}`);
      await wait(100 + Math.random() * 100);
    }
  }

  /** Undefined if the connection broke or nobody answered. */
  private async once(
    method: string,
    path: string,
    token: string,
    body?: object,
  ): Promise<Answer | undefined> {
    const { apis } = this.stage;
    const { url } = apis[this.requests++ % apis.length]!;
    try {
      const response = await fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body && { 'content-type': 'application/json' }),
        },
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(hangsAfterMs),
      });
      return { status: response.status, body: (await response.json()) as Answer['body'] };
    } catch {
      return undefined;
    }
  }

  private token(userId: string, role: string): Promise<string> {
    const token = this.tokens.get(userId) ?? tokenFor(userId, [role]);
    this.tokens.set(userId, token);
    return token;
  }
}

const comeAgain = ['request_in_flight', 'create_in_flight', 'goal_pending', 'pair_not_bound'];

const isToBeRetried = ({ status, body }: Answer) =>
  status >= 500 || status === 429 || (status === 409 && comeAgain.includes(body.code ?? ''));
