import { newId } from '#platform';
import { type Client, fundingBody, tokenFor, until } from './client.js';
import { Flood } from './flood.js';
import { TestProcess } from './process.js';
import { TestService } from './service.js';

let service: TestService;
afterEach(() => service?.stop());

const ask = (streamer: Client, sessionId: string) =>
  streamer.post('/goals?goal_type=show_funding', fundingBody(sessionId));

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
    service = await TestService.start({}, { apps: ['api'] });
    const streamer = service.client();
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(Array.from({ length: 40 }, () => streamer.get('/goals')));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(answers[0]!.headers.get('ratelimit-policy')).toBe('"user";q=10000;w=10');
    }
  });
});

const paid = () => ({ source_id: newId(), user_id: newId(), amount: 1 });
