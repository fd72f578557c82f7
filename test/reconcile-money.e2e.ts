import { type Finding, Reconciler } from '#goals';
import { newId, toObjectId } from '#platform';
import { fundingBody, timedBody, until } from './client.js';
import { useService } from './service.js';

describe('reconcile of what is counted, and of what is accepted', () => {
  const service = useService({ SWEEP_INTERVAL_MS: '3600000' });
  const streamer = service.client();
  const payments = service.client(undefined, ['service']);
  let sessionId: string;
  let goalId: string;

  beforeEach(async () => {
    sessionId = await streamer.openSession();
    goalId = await streamer.createGoal('show_funding', fundingBody(sessionId));
    await until(async () => (await streamer.goal(goalId)).status === 'active');
    await service.queues.settled();
  });
  afterEach(async () => {
    for (const collection of ['goal', 'goal_request', 'session'])
      await service.mongo.collection(collection).deleteMany({});
  });

  const reconcile = async (fix = false): Promise<Finding[]> => {
    const findings: Finding[] = [];
    for await (const finding of service.worker!.get(Reconciler, { strict: false }).find(new Date(), fix))
      findings.push(finding);
    return findings;
  };
  /** It is found, mended once, and not found again. */
  const expectMended = async (...missing: string[]) => {
    const findings = missing.map((lack) => ({ goal_id: goalId, _cls: 'ShowFundingGoal', missing: [lack] }));
    expect(await reconcile()).toEqual(findings);
    expect(await reconcile(true)).toEqual(findings);
    await service.queues.settled();
    expect(await reconcile()).toEqual([]);
  };
  const contribute = async (amount: number) => {
    const body = { source_id: newId(), user_id: newId(), amount };
    expect((await payments.post(`/goals/${goalId}/contributions`, body)).status).toBe(201);
  };
  const set = (fields: object, unset: object = {}) =>
    service.mongo
      .collection('goal')
      .updateOne(
        { _id: toObjectId(goalId) },
        { $set: fields, ...(Object.keys(unset)[0] && { $unset: unset }) },
      );
  const ranked = async () =>
    (await streamer.get<{ items: { amount: number }[] }>(`/goals/${goalId}/leaderboard`)).body.items;

  it('sets progress, late tickets and level to what the contributions come to', async () => {
    await contribute(30);
    await contribute(40);
    expect(await reconcile()).toEqual([]);
    await set({ progress: 7, level: 0, late_tickets: 5 });
    await expectMended('sums');
    expect(await streamer.goal(goalId)).toMatchObject({ progress: 70, level: 1, late_tickets: 0 });
  });

  it('has a leaderboard made anew that shows what was not given', async () => {
    await contribute(3);
    expect(await ranked()).toMatchObject([{ amount: 3 }]);
    await service.redis.zincrby(`${service.prefix}:leaderboard:${goalId}`, 5, newId());
    expect(await ranked()).toHaveLength(2);
    await expectMended('leaderboard');
    expect(await ranked()).toMatchObject([{ amount: 3 }]);
  });

  it('settles a goal that expired before goals had outcomes', async () => {
    await set(
      { exp: new Date(Date.now() - 3_600_000), status: 'expired', active: false },
      { outcome: 1, settle_by: 1 },
    );
    await expectMended('settle');
    expect(await streamer.goal(goalId)).toMatchObject({ outcome: 'void', void_reason: 'underfunded' });
  });

  it('says where a settlement differs from the contributions, and leaves it', async () => {
    await contribute(3);
    expect((await streamer.send('DELETE', `/goals/${goalId}`)).status).toBe(200);
    await until(async () => (await streamer.goal(goalId)).settled_at);
    await service.queues.settled();
    expect(await reconcile()).toEqual([]);
    await set({ settlement: { tickets: 2, total: 9 } });
    for (const fix of [false, true])
      expect(await reconcile(fix)).toMatchObject([
        { goal_id: goalId, missing: [], error: expect.stringContaining('2 tickets of 9') },
      ]);
  });

  it('queues an accepted goal again that has no job, and closes a session that has none', async () => {
    await service.queues.of('create_goal').pause();
    const lost = await streamer.createGoal('karaoke', timedBody(sessionId));
    await (await service.queues.of('create_goal').getJob(lost))!.remove();
    await service.mongo
      .collection('session')
      .updateOne({ _id: toObjectId(sessionId) }, { $set: { active: false } });
    const found = await reconcile(true);
    expect(found).toContainEqual({ goal_id: lost, missing: ['create_goal'] });
    expect(found).toContainEqual({ session_id: sessionId, missing: ['end-session'] });
    await service.queues.of('create_goal').resume();
    await until(async () => (await streamer.goal(lost)).status === 'cancelled');
    await until(async () => (await streamer.goal(goalId)).status === 'cancelled');
    await service.queues.settled();
    expect(await reconcile()).toEqual([]);
  });
});
