import { until } from '../processes/until.js';

/** A session with a show funding goal that waits for its show. */
export interface DemoSession {
  sessionId: string;
  fundingGoalId: string;
}

interface SessionAnswer {
  session_id: string;
  show_goal_pairs: { funding_goal: string }[];
}

const OPEN_FOR_SECONDS = 3_600;
const BOUND_WITHIN_MS = 30_000;
const ANSWER_WITHIN_MS = 10_000;

class ApiCaller {
  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly signal: AbortSignal,
  ) {}

  async call<T>(method: string, path: string, expected: number, body?: object): Promise<T> {
    const answer = await fetch(new URL(path, this.url), {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
      signal: AbortSignal.any([this.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    if (answer.status !== expected) {
      throw new Error(`the demo's ${method} ${path} was answered ${answer.status}: ${await answer.text()}`);
    }
    return (await answer.json()) as T;
  }
}

/** Opens a session and its show funding goal over the API, and waits until the worker has bound the two. */
export async function createDemoSession(
  url: string,
  token: string,
  signal: AbortSignal,
): Promise<DemoSession> {
  const api = new ApiCaller(url, token, signal);
  const { session_id: sessionId } = await api.call<SessionAnswer>('POST', '/sessions', 201, {});
  const fundingGoal = {
    levels: [{ title: 'first 50 tickets', target: 50 }, { target: 200 }],
    context: { session_id: sessionId },
    exp: Math.floor(Date.now() / 1000) + OPEN_FOR_SECONDS,
  };
  const { goal_id: fundingGoalId } = await api.call<{ goal_id: string }>(
    'POST',
    '/goals?goal_type=show_funding',
    202,
    fundingGoal,
  );
  const isBound = async () => {
    const session = await api.call<SessionAnswer>('GET', `/sessions/${sessionId}`, 200);
    return session.show_goal_pairs.some((pair) => pair.funding_goal === fundingGoalId);
  };
  await until(isBound, {
    what: 'the demo funding goal to reach its session',
    withinMs: BOUND_WITHIN_MS,
    signal,
  });
  return { sessionId, fundingGoalId };
}
