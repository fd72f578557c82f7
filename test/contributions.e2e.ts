import { newId } from '#platform';
import { until } from './client.js';
import { ContributionScene } from './contribution-scene.js';

describe('contributions', () => {
  let scene: ContributionScene;

  beforeAll(async () => {
    scene = await ContributionScene.start();
  });
  afterAll(() => scene.service.stop());

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

  it('tell each level once and in order, also when one crosses several, and the end once', async () => {
    await scene.open([10, 20, 30, 40]);
    await scene.active();
    await scene.give('a', 25);
    await until(async () => (await scene.told()).some(({ name }) => name === 'goal.progressed'));
    await scene.give('b', 100);
    await until(async () => (await scene.told()).some(({ name }) => name === 'goal.completed'));
    const news = (await scene.told()).filter(
      ({ name }) => name !== 'goal.added' && name !== 'goal.activated',
    );
    expect(news.map(({ name, data }) => [name, data.level_reached ?? data.progress])).toEqual([
      ['goal.level_reached', 1],
      ['goal.level_reached', 2],
      ['goal.progressed', 25],
      ['goal.level_reached', 3],
      ['goal.level_reached', 4],
      ['goal.progressed', 125],
      ['goal.completed', 125],
    ]);
    const versions = news.map(({ data }) => data.version);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    expect(new Set(news.map(({ data }) => data.event_id)).size).toBe(news.length);
    expect(await scene.streamer.goal(scene.goalId)).toMatchObject({
      status: 'completed',
      active: false,
      progress: 125,
      level: 4,
    });
    expect(await scene.give('c', 1)).toMatchObject({ status: 409, body: { code: 'goal_not_active' } });
    await until(async () => (await scene.tracked('goal.completed')).length);
    expect(await scene.tracked('goal.level_reached')).toHaveLength(4);
    expect(await scene.tracked('goal.completed')).toHaveLength(1);
    expect(await scene.tracked('goal.expired')).toHaveLength(0);
  });

  it('are added up under concurrency, every third sent twice, and told four times a second at most', async () => {
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
    await until(async () => (await scene.told()).some(({ data }) => data.progress === sum));
    const progressed = (await scene.told()).filter(({ name }) => name === 'goal.progressed');
    expect(progressed.length).toBeLessThanOrEqual(Math.ceil((Date.now() - begin) / 250) + 1);
    expect((await scene.told()).filter(({ name }) => name === 'goal.level_reached')).toHaveLength(1);
  });
});
