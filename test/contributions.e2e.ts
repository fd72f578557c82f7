import { newId, toObjectId } from '#platform';
import { until } from './client.js';
import { ContributionScene } from './contribution-scene.js';

describe('contributions', () => {
  let scene: ContributionScene;

  beforeAll(async () => {
    scene = await ContributionScene.start();
  });
  afterAll(() => scene.service?.stop());

  it('are counted once by their source, and answered with the progress', async () => {
    await scene.open([10, 100]);
    await scene.active();
    expect(await scene.give('a', 6)).toMatchObject({
      status: 201,
      body: { goal_id: scene.goalId, progress: 6, level: 0 },
    });
    expect(await scene.give('b', 5)).toMatchObject({
      status: 201,
      body: { goal_id: scene.goalId, progress: 11, level: 1 },
    });
    expect(await scene.give('a', 6)).toMatchObject({
      status: 200,
      body: { goal_id: scene.goalId, progress: 11, level: 1 },
    });
    expect(await scene.streamer.goal(scene.goalId)).toMatchObject({
      progress: 11,
      level: 1,
      unit: 'tickets',
      status: 'active',
    });
    const stored = await scene.service.documents('goal_contribution', { source_id: { $in: ['a', 'b'] } });
    expect(stored.map(({ source_id, amount }) => ({ source_id, amount }))).toEqual([
      { source_id: 'a', amount: 6 },
      { source_id: 'b', amount: 5 },
    ]);
  });

  it('publish each level once and in order, also when one crosses several, and the end once', async () => {
    await scene.open([10, 20, 30, 40]);
    await scene.active();
    await scene.give('a', 25);
    await until(async () => (await scene.published()).some(({ name }) => name === 'goal.progressed'));
    await scene.give('b', 100);
    await until(async () => (await scene.published()).some(({ name }) => name === 'goal.completed'));
    const events = (await scene.published()).filter(
      ({ name }) => name !== 'goal.added' && name !== 'goal.activated',
    );
    expect(events.map(({ name, data }) => [name, data.level_reached ?? data.progress])).toEqual([
      ['goal.level_reached', 1],
      ['goal.level_reached', 2],
      ['goal.funded', 25],
      ['goal.progressed', 25],
      ['goal.level_reached', 3],
      ['goal.level_reached', 4],
      ['goal.progressed', 125],
      ['goal.completed', 125],
    ]);
    const versions = events.map(({ data }) => data.version);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    expect(new Set(events.map(({ data }) => data.event_id)).size).toBe(events.length);
    expect(await scene.streamer.goal(scene.goalId)).toMatchObject({
      status: 'completed',
      active: false,
      progress: 125,
      level: 4,
    });
    await until(async () => (await scene.tracked('goal.completed')).length);
    expect(await scene.tracked('goal.level_reached')).toHaveLength(4);
    expect(await scene.tracked('goal.completed')).toHaveLength(1);
    expect(await scene.tracked('goal.expired')).toHaveLength(0);
  });

  it('are taken beyond the last level up to exp, and the goal stays completed', async () => {
    await scene.open([10, 20], { exp: new Date(Date.now() + 4_000).toISOString() });
    await scene.active();
    await scene.give('a', 30);
    const completedAt = (await scene.storedGoal())?.completed_at;
    expect(completedAt).toBeInstanceOf(Date);
    expect(await scene.give('b', 5)).toMatchObject({ status: 201, body: { progress: 35, level: 2 } });
    expect(await scene.give('b', 5)).toMatchObject({ status: 200, body: { progress: 35, level: 2 } });
    expect(await scene.storedGoal()).toMatchObject({
      status: 'completed',
      progress: 35,
      completed_at: completedAt,
    });
    await until(async () => (await scene.published()).some(({ data }) => data.progress === 35));

    let late = 0;
    await until(async () => (await scene.give(`late-${late++}`, 1)).body.late);
    expect(await scene.give('b', 5)).toMatchObject({ status: 200, body: { level: 2, late: false } });
    expect((await scene.storedGoal())?.status).toBe('completed');
    expect(await scene.tracked('goal.expired')).toHaveLength(0);
  });

  it('keep to the user and the amount of their source, whatever becomes of the goal', async () => {
    await scene.open([10]);
    await scene.active();
    const reused = { status: 409, body: { code: 'source_id_reused', goal_id: scene.goalId } };
    expect((await scene.give('a', 3, 'ann')).status).toBe(201);
    const changes = async () => {
      expect(await scene.give('a', 3, 'bob')).toMatchObject(reused);
      expect(await scene.give('a', 4, 'ann')).toMatchObject(reused);
      expect(await scene.give('a', 3, 'ann')).toMatchObject({ status: 200, body: { progress: 3 } });
      expect(await scene.storedGoal()).toMatchObject({ progress: 3 });
    };
    await changes();
    await scene.streamer.send('DELETE', `/goals/${scene.goalId}`);
    await changes();
    await scene.streamer.post(`/sessions/${scene.sessionId}/end`);
    await changes();
    expect(await scene.service.documents('goal_contribution', { source_id: 'a', user_id: 'bob' })).toEqual(
      [],
    );
  });

  it('of one source with two amounts that race count one of them, and refuse the other', async () => {
    await scene.open([1_000]);
    await scene.active();
    const amounts = Array.from({ length: 20 }, (_, index) => (index % 2) + 1);
    const answers = await Promise.all(amounts.map((amount) => scene.give('raced', amount)));
    const [{ amount: counted } = {}] = await scene.service.documents('goal_contribution', {
      source_id: 'raced',
    });
    expect(await scene.storedGoal()).toMatchObject({ progress: counted });
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      ...Array<number>(9).fill(200),
      201,
      ...Array<number>(10).fill(409),
    ]);
    for (const [index, { status }] of answers.entries())
      expect(status === 409).toBe(amounts[index] !== counted);
  });

  it('that were counted are answered at once while transactions are held up, also beside new ones', async () => {
    await scene.open([100]);
    await scene.active();
    expect((await scene.give('before', 3)).status).toBe(201);
    const { mongo } = scene.service;
    const holder = await mongo.startSession();
    holder.startTransaction();
    try {
      // Whoever writes to the goal from now on has to wait.
      const goals = mongo.collection('goal');
      await goals.updateOne({ _id: toObjectId(scene.goalId) }, { $inc: { held: 1 } }, { session: holder });
      const fresh = [1, 2].map((index) => scene.give(`during-${index}`, 1));
      const answered = Promise.race([Promise.race(fresh).then(() => 'after a new one'), again()]);
      async function again() {
        const same = Array.from({ length: 5 }, () => scene.give('before', 3));
        const other = scene.give('before', 4);
        for (const answer of await Promise.all(same))
          expect(answer).toMatchObject({ status: 200, body: { progress: 3 } });
        expect((await other).status).toBe(409);
        return 'at once';
      }
      expect(await answered).toBe('at once');
      await holder.abortTransaction();
      await Promise.all(fresh);
    } finally {
      await holder.endSession();
    }
    for (const index of [1, 2])
      await until(async () => (await scene.give(`during-${index}`, 1)).status === 200);
    expect((await scene.storedGoal())?.progress).toBe(5);
  });

  it('to a goal that somebody holds keep those to others waiting for nothing, and are to come again later', async () => {
    await scene.open([100]);
    await scene.active();
    const held = scene.goalId;
    await scene.open([100]);
    await scene.active();
    const { mongo } = scene.service;
    const holder = await mongo.startSession();
    holder.startTransaction();
    try {
      const goals = mongo.collection('goal');
      await goals.updateOne({ _id: toObjectId(held) }, { $inc: { held: 1 } }, { session: holder });
      const user_id = newId();
      const give = (source_id: string) =>
        scene.platform.post(`/goals/${held}/contributions`, { source_id, user_id, amount: 1 });
      let areHeldAnswered = false;
      const first = Promise.all([give('held-1'), give('held-2')]).finally(() => (areHeldAnswered = true));
      for (let index = 0; index < 3; index += 1)
        expect((await scene.give(`free-${index}`, 1)).status).toBe(201);
      expect(areHeldAnswered).toBe(false);
      for (const { status, body, headers } of await first) {
        expect([status, (body as { code?: string }).code]).toEqual([503, 'unavailable']);
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      }
      await holder.abortTransaction();
      // It may have been counted since then.
      expect([200, 201]).toContain((await give('held-1')).status);
    } finally {
      await holder.endSession();
    }
  });

  it('are added up under concurrency, every third sent twice, and published four times a second at most', async () => {
    await scene.open([100, 10_000]);
    await scene.active();
    const begin = Date.now();
    const gifts = Array.from({ length: 300 }, (_, index) => ({
      source: `s-${index}`,
      amount: (index % 7) + 1,
    }));
    const twice = [...gifts, ...gifts.filter((_, index) => index % 3 === 0)];
    const users = Array.from({ length: 20 }, () => newId());
    let next = 0;
    const answers: number[] = [];
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        for (let gift = twice[next++]; gift; gift = twice[next++])
          answers.push((await scene.give(gift.source, gift.amount, users[gift.amount])).status);
      }),
    );
    const sum = gifts.reduce((total, { amount }) => total + amount, 0);
    expect((await scene.streamer.goal(scene.goalId)).progress).toBe(sum);
    expect(answers.filter((status) => status === 201)).toHaveLength(gifts.length);
    expect(answers.filter((status) => status === 200)).toHaveLength(twice.length - gifts.length);
    await until(async () => (await scene.published()).some(({ data }) => data.progress === sum));
    const progressed = (await scene.published()).filter(({ name }) => name === 'goal.progressed');
    expect(progressed.length).toBeLessThanOrEqual(Math.ceil((Date.now() - begin) / 250) + 1);
    expect((await scene.published()).filter(({ name }) => name === 'goal.level_reached')).toHaveLength(1);
  });

  it('that come to two apis in turn are each counted on top of the others', async () => {
    await scene.service.startApi();
    await scene.open([100]);
    await scene.active();
    const each = Array.from({ length: 20 }, (_, index) => index + 1);
    for (const progress of each)
      expect(await scene.give(`turn-${progress}`, 1)).toMatchObject({ status: 201, body: { progress } });
    expect((await scene.void('turn-1')).body).toMatchObject({ progress: 19 });
    expect((await scene.give('turn-21', 1)).body).toMatchObject({ progress: 20 });
  });
});
