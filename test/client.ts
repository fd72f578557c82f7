import type { Goal, Session } from '#contracts';
import { newId } from '#platform';
import { SignJWT } from 'jose';

export const testSecret = 'a-secret-of-the-tests-with-40-characters';

/** A body of an answer, read as JSON. */
export type Json = Record<string, never> & { [key: string]: unknown };

/** An answer as a client sees it. */
export interface Answer<Body = Json> {
  status: number;
  headers: Headers;
  body: Body;
}

/** Signs a token as the test service accepts it. */
export function tokenFor(
  userId: string,
  roles: string[],
  claims: Record<string, unknown> = {},
): Promise<string> {
  return new SignJWT({ roles, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(testSecret));
}

/** A client of the HTTP API under one user. */
export class Client {
  constructor(
    private readonly baseUrl: string | (() => string),
    readonly userId: string = newId(),
    private readonly roles: string[] = ['streamer'],
  ) {}

  async send<Body = Json>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    const base = typeof this.baseUrl === 'string' ? this.baseUrl : this.baseUrl();
    const response = await fetch(base + path, {
      method,
      headers: {
        authorization: `Bearer ${await tokenFor(this.userId, this.roles)}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
  }

  get<Body = Json>(path: string, headers?: Record<string, string>): Promise<Answer<Body>> {
    return this.send<Body>('GET', path, undefined, headers);
  }

  post<Body = Json>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<Body>> {
    return this.send<Body>('POST', path, body, headers);
  }

  /** Opens a session and returns its id. */
  async openSession(): Promise<string> {
    const { body } = await this.post<Session>('/sessions', {});
    return body.session_id;
  }

  /** Creates a goal and returns its id, asking again while the service is overloaded; throws if it is refused. */
  async createGoal(goalType: string, body: object): Promise<string> {
    const answer = await until(async () => {
      const one = await this.post<{ goal_id: string; code?: string }>(`/goals?goal_type=${goalType}`, body);
      return one.body.code !== 'overloaded' && one;
    }, 20_000);
    if (answer.status !== 202) throw new Error(`refused: ${JSON.stringify(answer.body)}`);
    return answer.body.goal_id;
  }

  /** Opens a session with a funding goal whose pair is in it. */
  async openFundedSession(): Promise<{ sessionId: string; fundingGoalId: string }> {
    const sessionId = await this.openSession();
    const fundingGoalId = await this.createGoal('show_funding', fundingBody(sessionId));
    await until(async () => (await this.session(sessionId)).show_goal_pairs.length === 1);
    return { sessionId, fundingGoalId };
  }

  async session(sessionId: string): Promise<Session> {
    return (await this.get<Session>(`/sessions/${sessionId}`)).body;
  }

  async goal(goalId: string): Promise<Goal> {
    return (await this.get<Goal>(`/goals/${goalId}`)).body;
  }
}

const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

export const fundingBody = (sessionId: string) => ({
  levels: [{ title: 'fifty tickets', target: 50 }, { target: 200 }],
  context: { session_id: sessionId },
  exp: inAnHour(),
});

export const showBody = (sessionId: string, fundingGoalId: string) => ({
  levels: [{ title: 'first song', target: 600 }, { target: 1800 }],
  unit: 'coins',
  context: { funding_goal_id: fundingGoalId, session_id: sessionId },
  exp: inAnHour(),
});

/** Each look costs a request or a query: the longer something takes, the less often it is looked at. */
const pauses = { firstMs: 5, growth: 1.2, longestMs: 50 };

/** Waits until something holds that no event announces; fails where it does not within the bound. */
export async function until<T>(
  look: () => Promise<T>,
  withinMs = 20_000,
): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
  const end = Date.now() + withinMs;
  for (let pauseMs = pauses.firstMs; ; pauseMs = Math.min(pauseMs * pauses.growth, pauses.longestMs)) {
    const seen = await look();
    if (seen) return seen as Exclude<T, false | null | undefined | 0 | ''>;
    if (Date.now() > end) throw new Error(`did not come to hold within ${withinMs} ms: ${look.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** Body of a class that names its session, and what else its context takes. */
export const timedBody = (sessionId: string, context: object = {}, window: object = {}) => ({
  levels: [{ target: 100 }, { title: 'all of it', target: 200 }],
  context: { session_id: sessionId, ...context },
  exp: inAnHour(),
  ...window,
});
