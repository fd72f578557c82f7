import type { Goal, ProblemDetails } from '#contracts';
import { type Client, fundingBody, until } from './client.js';
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

  it('leave room for others while most of them are of one streamer', async () => {
    const streamer = await startApi({ MAX_BACKLOG: '100', MAX_BACKLOG_SECONDS: '3600' });
    const other = service.client();
    const [sessionId, elsewhere] = [await streamer.openSession(), await other.openSession()];
    const { accepted, refusal } = await askUntilRefused(streamer, sessionId);
    expect([refusal.status, refusal.body.code]).toEqual([503, 'overloaded']);
    expect(refusal.body.detail).toMatch(/of your accepted goals/);
    expect(accepted.length).toBeGreaterThan(45);
    expect((await ask(other, elsewhere)).status).toBe(202);
  }, 60_000);

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
