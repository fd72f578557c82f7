import type { ProblemDetails } from '#contracts';
import { newId, toObjectId } from '#platform';
import { type Answer, type Client, fundingBody, showBody, timedBody, until } from './client.js';
import type { TestQueues } from './queues.js';
import { TestService } from './service.js';

type Answered = Answer<ProblemDetails & { goal_id: string }>;

describe('the goals of a session', () => {
  let service: TestService;
  let queues: TestQueues;
  let streamer: Client;
  let sessionId: string;

  /** Two apis without a worker, under these limits. */
  const start = async (env: NodeJS.ProcessEnv): Promise<void> => {
    service = await TestService.start({ ...env, MAX_BACKLOG_SECONDS: '3600' }, { apps: ['api'] });
    await service.startApi();
    ({ queues } = service);
    streamer = service.client();
    sessionId = await streamer.openSession();
  };
  afterEach(() => service?.stop());

  const ask = (goalType = 'show_funding', session = sessionId): Promise<Answered> =>
    streamer.post(`/goals?goal_type=${goalType}`, fundingBody(session));
  /** Asks for many at once, at both apis in turn; checks that all others were refused, and returns who was accepted. */
  const race = async (code: string, goalTypes = ['show_funding', 'trigger_exclusive']): Promise<string[]> => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => ask(goalTypes[index % goalTypes.length])),
    );
    const accepted = answers.filter(({ status }) => status === 202);
    for (const { status, body } of answers)
      if (status !== 202) expect([status, body.code]).toEqual([409, code]);
    return accepted.map(({ body }) => body.goal_id);
  };
  const listOf = (list: string) => `${service.prefix}:session-${list}:${sessionId}`;

  it('that are not over are bounded over all apis while no worker runs, and afterwards', async () => {
    await start({ MAX_OPEN_GOALS: '5' });
    const accepted = await race('too_many_goals');
    expect(accepted).toHaveLength(5);
    const [first, last] = [Date.now(), () => Date.now() > first + 1_300] as const;
    while (!last())
      expect(await ask('karaoke')).toMatchObject({ status: 409, body: { code: 'too_many_goals' } });

    await service.startWorker();
    await queues.settled();
    expect(await service.documents('goal')).toHaveLength(5);
    expect(await race('too_many_goals')).toEqual([]);
    await streamer.send('DELETE', `/goals/${accepted[0]}`);
    const next = await until(async () => {
      const ids = await race('too_many_goals');
      return ids.length > 0 && ids;
    });
    expect(next).toHaveLength(1);
  });

  it('that are not over are bounded also after Redis has lost everything', async () => {
    await start({ MAX_OPEN_GOALS: '3' });
    await service.startWorker();
    expect(await race('too_many_goals')).toHaveLength(3);
    await queues.settled();
    await service.forget(await service.keys());
    expect(await race('too_many_goals')).toEqual([]);
  });

  it('that wait to be stored count, too, after Redis has lost everything', async () => {
    await start({ MAX_OPEN_GOALS: '3', MAX_SESSION_PAIRS: '2' });
    expect((await ask('karaoke')).status).toBe(202);
    expect(await race('too_many_pairs')).toHaveLength(2);
    await service.forget(await service.keys());
    expect(await race('too_many_pairs')).toEqual([]);
    expect(await ask('trigger_private')).toMatchObject({ status: 409, body: { code: 'too_many_goals' } });
    // A full list is compared with what MongoDB knows, and loses none of them.
    await service.startWorker();
    await queues.settled();
    expect(await race('too_many_pairs')).toEqual([]);
  });

  it('that are past their exp take no room', async () => {
    await start({ MAX_OPEN_GOALS: '1' });
    await service.startWorker();
    const exp = new Date(Date.now() + 800).toISOString();
    await streamer.createGoal('karaoke', timedBody(sessionId, {}, { exp }));
    await queues.settled();
    await until(async () => (await ask()).status === 202);
    expect((await ask()).status).toBe(409);
  });

  it('that are refused for another reason take no room', async () => {
    await start({ MAX_OPEN_GOALS: '2', MAX_SESSION_PAIRS: '2' });
    const refused = await Promise.all(
      Array.from({ length: 20 }, () => streamer.post('/goals?goal_type=show', showBody(sessionId, newId()))),
    );
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([404]));
    const accepted = await race('too_many_pairs');
    expect(accepted).toHaveLength(2);

    // A place that was claimed for a goal that is refused then is free for the next one.
    await service.startWorker();
    await queues.settled();
    const requests = () => service.documents('goal_request', { _id: `karaoke_goal:${sessionId}` });
    expect(await ask('karaoke')).toMatchObject({ status: 409, body: { code: 'too_many_goals' } });
    expect(await requests()).toEqual([]);
    await streamer.send('DELETE', `/goals/${accepted[0]}`);
    await until(async () => (await ask('karaoke')).status === 202);
    expect(await requests()).toHaveLength(1);
  });

  it('that never came into the queue give their room back', async () => {
    await start({ MAX_OPEN_GOALS: '3', MAX_SESSION_PAIRS: '3' });
    for (const list of ['open', 'pairs']) {
      await service.redis.zadd(listOf(list), Date.now() - 20_000, newId());
      await service.redis.zadd(listOf(list), Date.now() - 20_000, newId());
      await service.redis.zadd(listOf(list), Date.now(), newId());
    }
    expect(await race('too_many_pairs')).toHaveLength(2);
  });

  it('are not mixed up with those of another session', async () => {
    await start({ MAX_OPEN_GOALS: '2', MAX_SESSION_PAIRS: '2' });
    await race('too_many_pairs');
    const elsewhere = await streamer.openSession();
    expect((await ask('show_funding', elsewhere)).status).toBe(202);
  });

  it('have a bounded number of pairs over the life of the session, of both kinds together', async () => {
    await start({ MAX_SESSION_PAIRS: '3' });
    const accepted = await race('too_many_pairs');
    expect(accepted).toHaveLength(3);
    await service.startWorker();
    await queues.settled();
    const pairs = async () => {
      const { show_goal_pairs, exclusive_goal_pairs } = await streamer.session(sessionId);
      return show_goal_pairs.length + exclusive_goal_pairs.length;
    };
    expect(await pairs()).toBe(3);
    for (const goalId of accepted) await streamer.send('DELETE', `/goals/${goalId}`);
    expect(await race('too_many_pairs')).toEqual([]);
    await service.forget(await service.keys());
    expect(await race('too_many_pairs')).toEqual([]);
    await service.mongo.collection('goal').deleteMany({});
    expect(await race('too_many_pairs')).toEqual([]);

    expect((await ask('karaoke')).status).toBe(202);
    await queues.settled();
    expect(await pairs()).toBe(3);
    expect(await service.documents('session', { _id: toObjectId(sessionId) })).toHaveLength(1);
  });

  it('may be as many as the session takes pairs, though Redis lost what was counted of them', async () => {
    await start({ MAX_SESSION_PAIRS: '4' });
    await service.startWorker();
    for (const goalType of ['show_funding', 'trigger_exclusive'])
      expect((await ask(goalType)).status).toBe(202);
    await queues.settled();
    await service.forget(await service.keys());
    expect(await race('too_many_pairs')).toHaveLength(2);
  });
});
