import type { Goal, ProblemDetails } from '#contracts';
import { newId } from '#platform';
import { type Client, fundingBody, tokenFor, until } from './client.js';
import { Flood } from './flood.js';
import { TestProcess } from './process.js';
import { TestService } from './service.js';

let service: TestService;
afterEach(() => service?.stop());

/** A service without a worker, under these limits. */
async function startApi(env: NodeJS.ProcessEnv): Promise<Client> {
  service = await TestService.start(env, { apps: ['api'] });
  return service.client();
}

const ask = (streamer: Client, sessionId: string) =>
  streamer.post<ProblemDetails & { goal_id: string }>(
    '/goals?goal_type=show_funding',
    fundingBody(sessionId),
  );

/** Asks for goals until one is refused; those that were accepted, and the refusal. */
async function askUntilRefused(streamer: Client, sessionId: string) {
  const accepted: string[] = [];
  const refusal = await until(async () => {
    const answer = await ask(streamer, sessionId);
    if (answer.status !== 202) return answer;
    accepted.push(answer.body.goal_id);
    return undefined;
  });
  return { accepted, refusal };
}

const isActive = async (streamer: Client, goalId: string) =>
  (await streamer.get<Goal>(`/goals/${goalId}`)).body.status === 'active';

describe('goals that wait for a worker', () => {
  it.each([
    ['too many of them', { MAX_BACKLOG: '5' }, /Too many/],
    ['the oldest for too long', { MAX_BACKLOG_SECONDS: '1' }, /too long/],
  ])('are refused while %s wait, and all that were accepted are created', async (_, env, detail) => {
    const streamer = await startApi(env);
    const sessionId = await streamer.openSession();
    const { accepted, refusal } = await askUntilRefused(streamer, sessionId);
    expect([refusal.status, refusal.body.code]).toEqual([503, 'overloaded']);
    expect(refusal.body.detail).toMatch(detail);
    expect(refusal.headers.get('retry-after')).toBe('5');
    expect(accepted.length).toBeGreaterThan(0);
    expect((await streamer.get(`/goals/${accepted[0]}`)).status).toBe(200);

    await service.startWorker();
    for (const goalId of accepted) await until(() => isActive(streamer, goalId));
    await until(async () => (await ask(streamer, sessionId)).status === 202);
    const session = await until(async () => {
      const { show_goal_pairs } = await streamer.session(sessionId);
      return show_goal_pairs.length > accepted.length && show_goal_pairs;
    });
    expect(session.map(({ funding_goal }) => funding_goal)).toEqual(expect.arrayContaining(accepted));
  });

  it.each([
    ['too many', { MAX_BACKLOG: '5' }],
    ['old ones', { MAX_BACKLOG_SECONDS: '1' }],
  ])('are refused while %s wait, also behind a job that cannot be read', async (_, env) => {
    const streamer = await startApi(env);
    const sessionId = await streamer.openSession();
    const queue = `{${service.prefix}}:create_goal`;
    await service.redis.hset(`${queue}:unreadable`, {
      name: 'create_goal',
      data: '{',
      opts: '{}',
      timestamp: 1,
    });
    await service.redis.rpush(`${queue}:wait`, 'unreadable', 'gone');
    const { refusal } = await askUntilRefused(streamer, sessionId);
    expect([refusal.status, refusal.body.code]).toEqual([503, 'overloaded']);
  });

  it('may be repeated under their key even then', async () => {
    const streamer = await startApi({ MAX_BACKLOG: '1' });
    const sessionId = await streamer.openSession();
    const body = fundingBody(sessionId);
    const keyed = () => streamer.post('/goals?goal_type=show_funding', body, { 'idempotency-key': 'one' });
    const first = await keyed();
    await askUntilRefused(streamer, sessionId);
    expect(await keyed()).toMatchObject({ status: 202, body: first.body });
  });
});

describe('goals of a session that are not over', () => {
  it('are bounded, and one that ends makes room for another', async () => {
    const streamer = await startApi({ MAX_OPEN_GOALS: '3' });
    await service.startWorker();
    const sessionId = await streamer.openSession();
    const ids: string[] = [];
    for (let bound = 1; bound <= 3; bound++) {
      ids.push(await streamer.createGoal('show_funding', fundingBody(sessionId)));
      await until(async () => (await streamer.session(sessionId)).show_goal_pairs.length === bound);
    }
    const refused = await ask(streamer, sessionId);
    expect([refused.status, refused.body.code]).toEqual([409, 'too_many_goals']);
    expect(await service.documents('goal')).toHaveLength(3);
    const elsewhere = await streamer.openSession();
    expect((await ask(streamer, elsewhere)).status).toBe(202);

    await until(async () => (await streamer.send('DELETE', `/goals/${ids[0]}`)).status === 200);
    await until(async () => (await ask(streamer, sessionId)).status === 202);
  });
});

describe('a caller with hundreds of connections', () => {
  const connections = 200;
  let flood: Flood | undefined;
  let api: TestProcess | undefined;

  afterEach(async () => {
    await flood?.stop();
    await api?.end('SIGKILL');
  });

  /** An api of its own process, whose worker is away, and a goal of somebody else that takes contributions. */
  async function startWithGoal() {
    service = await TestService.start();
    const streamer = service.client();
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    await service.stopWorker();
    api = await TestProcess.start('api', service, { MAX_IN_FLIGHT: '80', RATE_LIMIT: 'off' });
    service.baseUrl = api.url;
    return { streamer, payments: service.client(newId(), ['service']), sessionId, fundingGoalId };
  }

  const floodOf = async (client: Client, roles: string[], method: string, path: string, body?: object) =>
    new Flood(
      connections,
      service.baseUrl + path,
      method,
      {
        authorization: `Bearer ${await tokenFor(client.userId, roles)}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      body && JSON.stringify(body),
    );

  it.each<[what: string, statuses: number[], roles: string[], method: string, path: string]>([
    ['creates', [202, 429], ['streamer'], 'POST', '/goals?goal_type=show_funding'],
    ['reads', [200, 429], [], 'GET', '/goals?limit=100'],
    ['payments', [200, 201, 429], ['service'], 'POST', '/goals/{goal_id}/contributions'],
  ])('of %s meets 429, and whatever others ask for is done', async (what, known, roles, method, path) => {
    const { streamer, payments, sessionId, fundingGoalId } = await startWithGoal();
    const attacker = service.client();
    const body = {
      creates: fundingBody(await attacker.openSession()),
      reads: undefined,
      payments: { source_id: newId(), user_id: newId(), amount: 1 },
    }[what];
    flood = await floodOf(attacker, roles, method, path.replace('{goal_id}', fundingGoalId), body);
    // By then more goals wait than are accepted without a pause.
    await until(async () => flood!.count(429) + flood!.count(503) > 500);

    const calls = [
      () => streamer.get(`/goals/${fundingGoalId}`),
      () => ask(streamer, sessionId),
      () => payments.post(`/goals/${fundingGoalId}/contributions`, paid()),
      () => streamer.get(`/sessions/${sessionId}/goals`),
    ];
    const statuses: number[] = [];
    for (let round = 0; round < 4; round++) for (const call of calls) statuses.push((await call()).status);
    expect(statuses).toEqual(
      calls.concat(calls, calls, calls).map((_, call) => [200, 202, 201, 200][call % 4]),
    );
    await flood.stop();
    expect([...flood.statuses.keys()].toSorted((a, b) => a - b)).toEqual(known);
    const { body: refusal, retryAfter } = flood.seen.get(429)!;
    expect(JSON.parse(refusal)).toMatchObject({ status: 429, code: 'too_many_requests' });
    expect(retryAfter).toBe('1');
  });
});

describe('the default quotas', () => {
  it('are far away for hundreds of requests of one user, and say so', async () => {
    const streamer = await startApi({});
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(Array.from({ length: 40 }, () => streamer.get('/goals')));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(answers[0]!.headers.get('ratelimit-policy')).toBe('"user";q=10000;w=10');
    }
  });
});

const paid = () => ({ source_id: newId(), user_id: newId(), amount: 1 });
