import { idFrom, toObjectId } from '#platform';
import { type Client, fundingBody, showBody, timedBody, until } from './client.js';
import { TestService } from './service.js';
import { eachOnce, effectsOf } from './show-effects.js';

describe('MongoDB and Redis that do not belong together any more', () => {
  let service: TestService;
  let streamer: Client;
  let payments: Client;
  beforeEach(async () => {
    service = await TestService.start({ SWEEP_INTERVAL_MS: '500', RATE_LIMIT: 'off' }, { sink: true });
    streamer = service.client();
    payments = service.client(undefined, ['service']);
  });
  afterEach(() => service?.stop());

  const epoch = async () => (await service.documents('store_epoch'))[0];
  const mark = () => service.redis.get(`{${service.prefix}}:epoch`);
  const contribute = (goalId: string, source: string, amount: number, user = streamer.userId) =>
    payments.post(`/goals/${goalId}/contributions`, { source_id: source, user_id: user, amount });
  const pushed = (name: string, goalId: string) =>
    service.sink.accepted.filter((one) => one.name === name && one.data.goal_id === goalId);
  const leaderboard = async (goalId: string) =>
    (await streamer.get<{ items: { amount: number }[] }>(`/goals/${goalId}/leaderboard`)).body.items;
  /** Waits until the marks have come so far that a restore of what is now stored shows. */
  const beatsOn = async (by = 3) => {
    const { beat } = (await epoch()) as { beat: number };
    await until(async () => ((await epoch()) as { beat: number }).beat >= beat + by);
  };

  /** Every document of MongoDB as it is now. */
  async function backUpMongo(): Promise<() => Promise<void>> {
    const collections = await service.mongo.db!.listCollections().toArray();
    const kept = await Promise.all(
      collections
        .filter(({ type }) => type === 'collection')
        .map(async ({ name }) => ({ name, documents: await service.documents(name) })),
    );
    return async () => {
      for (const { name, documents } of kept) {
        const collection = service.mongo.collection(name);
        await collection.deleteMany({});
        if (documents.length > 0) await collection.insertMany(documents);
      }
    };
  }

  /** Every key of Redis as it is now. */
  async function backUpRedis(): Promise<() => Promise<void>> {
    const kept = await Promise.all(
      (await service.keys()).map(async (key) => ({ key, value: await service.redis.dumpBuffer(key) })),
    );
    return async () => {
      await service.forget(await service.keys());
      for (const { key, value } of kept) if (value) await service.redis.restore(key, 0, value, 'REPLACE');
    };
  }

  it('agree while all is well', async () => {
    await beatsOn();
    const stored = (await epoch()) as { epoch: string; lost_since?: Date };
    expect((await mark())!.split(' ')[0]).toBe(stored.epoch);
    expect(stored.lost_since).toBeUndefined();
  });

  it('have what Redis remembers dropped if MongoDB was restored', async () => {
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    expect((await contribute(fundingGoalId, 'before', 3)).status).toBe(201);
    expect(await leaderboard(fundingGoalId)).toMatchObject([{ amount: 3 }]);
    const pending = await streamer.openSession();
    await service.queues.settled();
    await service.stopWorker();
    const waiting = await streamer.createGoal('karaoke', timedBody(pending));
    const restore = await backUpMongo();
    await service.startWorker();

    const keyed = (body: object) =>
      streamer.post<{ goal_id: string }>('/goals?goal_type=show', body, { 'idempotency-key': 'one' });
    const body = showBody(sessionId, fundingGoalId);
    const { goal_id: lost } = (await keyed(body)).body;
    await until(async () => (await streamer.goal(lost)).status === 'active');
    expect((await contribute(fundingGoalId, 'after', 4)).status).toBe(201);
    await until(async () => (await leaderboard(fundingGoalId))[0]?.amount === 7);
    expect((await keyed(body)).body.goal_id).toBe(lost);
    await beatsOn();
    const former = ((await epoch()) as { epoch: string }).epoch;

    await service.stopWorker();
    await restore();
    await until(async () => ((await epoch()) as { epoch: string }).epoch !== former);
    await until(async () => ((await epoch()) as { dropping_until?: Date }).dropping_until === undefined);
    expect((await mark())!.split(' ')[0]).toBe(((await epoch()) as { epoch: string }).epoch);
    expect(await leaderboard(fundingGoalId)).toMatchObject([{ amount: 3 }]);
    expect((await contribute(fundingGoalId, 'after', 4)).status).toBe(201);
    expect((await streamer.get(`/goals/${lost}`)).status).toBe(404);
    const again = await keyed(body);
    expect(again.status).toBe(202);
    expect(again.body.goal_id).not.toBe(lost);
    await service.startWorker();
    // What was accepted before the backup is created.
    await until(async () => (await streamer.session(pending)).karaoke_goal === waiting, 30_000);
    const goalId = again.body.goal_id;
    await until(async () => (await streamer.session(sessionId)).show_goal_pairs[0]?.show_goal === goalId);
    await service.queues.settled();
    expect(await effectsOf(service, { goalId, fundingGoalId })).toEqual(eachOnce);
    expect(await leaderboard(fundingGoalId)).toMatchObject([{ amount: 7 }]);
  }, 90_000);

  it('have published again what Redis lost, under the same event ids', async () => {
    const sessionId = await streamer.openSession();
    for (const name of ['goal.added', 'goal.activated', 'goal.level_reached', 'goal.progressed'])
      service.sink.misbehave(name, 'hang');
    const goalId = await streamer.createGoal('show_funding', {
      ...fundingBody(sessionId),
      levels: [{ target: 2 }, { target: 50 }],
    });
    await until(async () => (await streamer.session(sessionId)).show_goal_pairs.length === 1);
    await until(async () => (await streamer.goal(goalId)).status === 'active');
    expect((await contribute(goalId, 'first', 2)).status).toBe(201);
    await until(async () => (await service.documents('goal', { published_level: 1 }))[0]);
    await service.forget(await service.keys());
    service.sink.behave();
    const id = (name: string, ...more: string[]) => ({ event_id: idFrom(name, goalId, ...more) });
    for (const [name, ...more] of [['goal.added'], ['goal.activated'], ['goal.level_reached', '1']])
      await until(async () => pushed(name!, goalId).length > 0, 30_000).then(() =>
        expect(pushed(name!, goalId)[0]!.data).toMatchObject(id(name!, ...more)),
      );
    await until(async () => pushed('goal.progressed', goalId).some(({ data }) => data.progress === 2));
    await until(async () => ((await epoch()) as { lost_since?: Date }).lost_since === undefined);
  }, 60_000);

  it('keep what an older Redis remembers, and lose nothing', async () => {
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    await service.queues.settled();
    const keyed = (key: string, goalType: string, body: object) =>
      streamer.post<{ goal_id: string }>(`/goals?goal_type=${goalType}`, body, { 'idempotency-key': key });
    const karaokeBody = timedBody(sessionId);
    const karaoke = (await keyed('first', 'karaoke', karaokeBody)).body.goal_id;
    await until(async () => (await streamer.session(sessionId)).karaoke_goal === karaoke);
    await service.queues.settled();
    const restore = await backUpRedis();
    await service.stopWorker();
    const show = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    await beatsOn();
    await restore();
    await until(async () => ((await epoch()) as { lost_since?: Date }).lost_since !== undefined);
    expect((await streamer.goal(show)).status).toBe('pending');
    expect((await keyed('first', 'karaoke', karaokeBody)).body.goal_id).toBe(karaoke);
    await service.startWorker();
    await until(
      async () => (await streamer.session(sessionId)).show_goal_pairs[0]?.show_goal === show,
      30_000,
    );
    await service.queues.settled();
    expect(await effectsOf(service, { goalId: show, fundingGoalId })).toEqual(eachOnce);
    await until(async () => ((await epoch()) as { lost_since?: Date }).lost_since === undefined);
    expect(await service.documents('goal', { _id: toObjectId(karaoke) })).toHaveLength(1);
  }, 60_000);

  it('have a session closed once more whose end Redis may have lost', async () => {
    const sessionId = await streamer.openSession();
    expect((await streamer.post(`/sessions/${sessionId}/end`)).status).toBe(200);
    const closedAt = async () => {
      const [session] = await service.documents('session', { _id: toObjectId(sessionId) });
      return session?.closed_at as Date | undefined;
    };
    const first = await until(closedAt);
    await service.forget(await service.keys());
    await until(async () => {
      const closed = await closedAt();
      return closed && closed.getTime() > first.getTime();
    }, 30_000);
  }, 60_000);
});
