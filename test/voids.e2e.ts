import { newId, toObjectId } from '#platform';
import { timedBody, until } from './client.js';
import { ContributionScene } from './contribution-scene.js';

describe('a contribution that is voided', () => {
  let scene: ContributionScene;

  beforeAll(async () => {
    scene = await ContributionScene.start({ SWEEP_INTERVAL_MS: '200' });
    await scene.service.startApi();
  });
  afterAll(() => scene.service?.stop());

  const open = async (...targets: number[]) => {
    await scene.open(targets);
    await scene.active();
  };
  const corrected = async () => (await scene.published()).filter(({ name }) => name === 'goal.corrected');
  const stored = async (source_id: string) =>
    (await scene.service.documents('goal_contribution', { source_id }))[0];

  it('counts nothing: progress, level and leaderboard fall, the highest level stays', async () => {
    await open(10, 20);
    await scene.give('a', 12, 'ann');
    await scene.give('b', 3, 'bob');
    expect(await scene.leaderboard()).toEqual([
      ['ann', 12],
      ['bob', 3],
    ]);
    const voided = { status: 200, body: { goal_id: scene.goalId, progress: 3, level: 0 } };
    expect(await scene.void('a', 'charged back')).toEqual({ ...voided, headers: expect.anything() });
    expect(await scene.streamer.goal(scene.goalId)).toMatchObject({ progress: 3, level: 0, peak_level: 1 });
    expect(await scene.leaderboard()).toEqual([['bob', 3]]);
    expect(await stored('a')).toMatchObject({
      amount: 12,
      user_id: 'ann',
      voided_at: expect.any(Date),
      void_reason: 'charged back',
    });

    const { version } = await scene.streamer.goal(scene.goalId);
    expect(await scene.void('a', 'another reason')).toMatchObject(voided);
    expect(await scene.give('a', 12, 'ann')).toMatchObject({ status: 200, body: { progress: 3 } });
    expect((await scene.give('a', 13, 'ann')).body.code).toBe('source_id_reused');
    expect((await scene.streamer.goal(scene.goalId)).version).toBe(version);
    expect(await stored('a')).toMatchObject({ void_reason: 'charged back' });
  });

  it('announces no level twice, and says once what was corrected', async () => {
    await open(10);
    await scene.give('a', 12);
    await until(async () => (await scene.published()).some(({ name }) => name === 'goal.completed'));
    await scene.void('a', 'charged back');
    await until(async () => (await corrected()).length);
    await scene.void('a');
    await scene.give('b', 15);
    await until(async () => (await scene.published()).some(({ data }) => data.progress === 15));
    const events = (await scene.published()).filter(({ name }) =>
      /progressed|level|completed|corr/.test(name),
    );
    expect(events.map(({ name, data }) => [name, data.progress])).toEqual([
      ['goal.level_reached', 12],
      ['goal.progressed', 12],
      ['goal.completed', 12],
      ['goal.progressed', 0],
      ['goal.corrected', 0],
      ['goal.progressed', 15],
    ]);
    expect(events[4]!.data).toMatchObject({ source_id: 'a', delta: -12, reason: 'charged back', level: 0 });
    await scene.service.queues.settled();
    expect(await scene.tracked('goal.corrected')).toHaveLength(1);
    expect(await scene.tracked('goal.level_reached')).toHaveLength(1);
    expect(await scene.storedGoal()).toMatchObject({ status: 'completed', level: 1, peak_level: 1 });
  });

  it('before it was ever seen leaves a tombstone: the payment is answered and counts nothing', async () => {
    await open(10);
    expect(await scene.void('never/seen #1', 'fraud')).toMatchObject({ status: 200, body: { progress: 0 } });
    expect(await stored('never/seen #1')).toMatchObject({ tombstone: true, amount: 0, void_reason: 'fraud' });
    expect(await scene.give('never/seen #1', 50, 'ann')).toMatchObject({
      status: 200,
      body: { progress: 0, level: 0, late: false },
    });
    expect((await scene.void('never/seen #1')).status).toBe(200);
    expect(await scene.leaderboard()).toEqual([]);
    await until(async () => (await corrected()).length);
    expect((await corrected()).map(({ data }) => data)).toMatchObject([
      { source_id: 'never/seen #1', delta: 0, reason: 'fraud' },
    ]);
  });

  it('is voided whatever has become of the goal and its session', async () => {
    const sessionId = await scene.streamer.openSession();
    scene.goalId = await scene.streamer.createGoal('karaoke', timedBody(sessionId));
    await scene.active();
    for (const source of ['a', 'b']) await scene.give(source, 5);
    await scene.streamer.send('DELETE', `/goals/${scene.goalId}`);
    expect(await scene.void('a')).toMatchObject({ status: 200, body: { progress: 5 } });
    await scene.streamer.post(`/sessions/${sessionId}/end`);
    expect(await scene.void('b')).toMatchObject({ status: 200, body: { progress: 0 } });
    expect(await scene.void('a')).toMatchObject({ status: 200, body: { progress: 0 } });
  });

  it('is final once the goal is settled, but for what was voided before', async () => {
    await open(10);
    for (const source of ['a', 'b']) await scene.give(source, 5);
    await scene.void('a');
    for (const outcome of ['delivered', 'void']) {
      await scene.store({ outcome });
      const refused = { status: 409, body: { code: 'already_settled', goal_id: scene.goalId } };
      expect(await scene.void('b')).toMatchObject(refused);
      expect(await scene.void('unseen')).toMatchObject(refused);
      expect(await scene.void('a')).toMatchObject({ status: 200, body: { progress: 5 } });
      expect((await scene.give('new', 1)).body.code).toBe('sales_closed');
    }
    expect(await stored('unseen')).toBeUndefined();
  });

  it('beside its payment, and often, counts once or not at all', async () => {
    await open(1_000);
    const sources = Array.from({ length: 12 }, (_, index) => `raced-${index}`);
    // Whoever is told to come again does so, as a payment service would.
    const taken = (send: () => Promise<{ status: number }>) =>
      until(async () => [200, 201].includes((await send()).status));
    await Promise.all(
      sources.flatMap((source) => [
        ...Array.from({ length: 4 }, () => taken(() => scene.give(source, 7, 'ann'))),
        ...Array.from({ length: 4 }, () => taken(() => scene.void(source))),
        taken(() => scene.give(`${source} kept`, 1, 'bob')),
      ]),
    );
    expect(await scene.storedGoal()).toMatchObject({ progress: 12 });
    expect(await scene.leaderboard()).toEqual([['bob', 12]]);
    const entries = await scene.service.documents('goal_contribution', { source_id: /^raced-\d+$/ });
    expect(entries.filter(({ voided_at }) => voided_at)).toHaveLength(sources.length);
    expect(entries).toHaveLength(sources.length);
    await until(async () => (await corrected()).length === sources.length);
  });

  it('beside the settlement of its goal is in it or not, and is answered so', async () => {
    const sources = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (let round = 0; round < 3; round++) {
      await open(100);
      for (const source of sources) await scene.give(source, 3);
      const cancelled = scene.streamer.send('DELETE', `/goals/${scene.goalId}`);
      const answers = await Promise.all(
        sources.map((source) =>
          until(async () => {
            const { status, body } = await scene.void(source);
            return status === 200 || body.code === 'already_settled' ? { source, status } : undefined;
          }),
        ),
      );
      expect((await cancelled).status).toBe(200);
      const { settlement } = await until(async () => {
        const goal = await scene.storedGoal();
        return goal.settlement ? goal : undefined;
      });
      const kept = answers.flatMap(({ source, status }) => (status === 200 ? [] : [source]));
      expect(settlement).toEqual({ tickets: kept.length, total: 3 * kept.length });
      const filter = { goal_id: toObjectId(scene.goalId), voided_at: null };
      const counting = await scene.service.documents('goal_contribution', filter);
      expect(new Set(counting.map(({ source_id }) => source_id))).toEqual(new Set(kept));
      expect(await scene.storedGoal()).toMatchObject({ progress: 3 * kept.length, outcome: 'void' });
    }
  });

  it('by a process that died right after is told all the same, and Redis knows nothing of it', async () => {
    await open(10);
    await scene.give('a', 4, 'ann');
    await scene.give('b', 2, 'bob');
    expect(await scene.leaderboard()).toHaveLength(2);
    const { mongo, redis, prefix } = scene.service;
    await scene.service.stopWorker();
    try {
      await scene.void('a');
      await redis.del(`${prefix}:due:publications`, `${prefix}:leaderboard:${scene.goalId}`);
    } finally {
      await scene.service.startWorker();
    }
    await until(async () => (await corrected()).length);
    expect((await corrected()).map(({ data }) => data)).toMatchObject([{ source_id: 'a', delta: -4 }]);
    expect(await scene.leaderboard()).toEqual([['bob', 2]]);
    await until(async () => !('unpublished' in (await scene.storedGoal())));
    expect(await mongo.collection('goal').countDocuments({ outbox: { $exists: true } })).toBe(0);
  });

  it.each<[string, () => Promise<unknown>, number, string]>([
    ['a reason of 201 characters', () => scene.void('a', 'r'.repeat(201)), 422, 'validation_failed'],
    ['an empty reason', () => scene.void('a', ''), 422, 'validation_failed'],
    ['a source_id of 129 characters', () => scene.void('s'.repeat(129)), 422, 'validation_failed'],
    ['a source_id with NUL', () => scene.void('a\0'), 422, 'validation_failed'],
    [
      'the streamer',
      () => scene.streamer.post(`/goals/${scene.goalId}/contributions/a/void`),
      403,
      'forbidden',
    ],
    [
      'no such goal',
      () => scene.platform.post(`/goals/${newId()}/contributions/a/void`),
      404,
      'goal_not_found',
    ],
  ])('is refused with %s', async (_, send, status, code) => {
    expect(await send()).toMatchObject({ status, body: { code } });
  });
});
