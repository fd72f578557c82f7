import { newId } from '#platform';
import { showBody, until } from './client.js';
import { ContributionScene } from './contribution-scene.js';
import { readMetrics } from './metrics.js';

describe('a ticket that is bought after the countdown', () => {
  let scene: ContributionScene;

  beforeAll(async () => {
    scene = await ContributionScene.start();
  });
  afterAll(() => scene.service?.stop());

  /** A goal whose countdown has ended, with that much in it. */
  const openEnded = async (amount: number, fields: object = {}) => {
    await scene.open([10, 20]);
    await scene.active();
    await scene.give('early', amount, 'ann');
    await scene.store({ exp: new Date(Date.now() - 1_000), ...fields });
  };
  const late = { status: 201, body: { progress: 12, level: 1, late: true } };
  const closed = { status: 409, body: { code: 'sales_closed' } };

  it('is late where the goal is funded: it counts as such, once, and in the leaderboard', async () => {
    await openEnded(12);
    expect(await scene.give('a', 30, 'bob')).toMatchObject(late);
    expect(await scene.give('a', 30, 'bob')).toMatchObject({ ...late, status: 200 });
    expect(await scene.give('early', 12, 'ann')).toMatchObject({ status: 200, body: { late: false } });
    expect(await scene.streamer.goal(scene.goalId)).toMatchObject({
      progress: 12,
      level: 1,
      peak_level: 1,
      late_tickets: 30,
    });
    expect(await scene.leaderboard()).toEqual([
      ['bob', 30],
      ['ann', 12],
    ]);
    await until(async () => (await scene.published()).some(({ data }) => data.late_tickets === 30));
    expect((await scene.published()).filter(({ name }) => name === 'goal.completed')).toEqual([]);
  });

  it('is voided from what was sold late', async () => {
    await openEnded(12);
    await scene.give('a', 3);
    await scene.give('b', 4);
    expect(await scene.void('a')).toMatchObject({ status: 200, body: { progress: 12, level: 1 } });
    expect(await scene.storedGoal()).toMatchObject({ progress: 12, late_tickets: 4 });
    expect(await scene.void('early')).toMatchObject({ status: 200, body: { progress: 0, level: 0 } });
    expect(await scene.storedGoal()).toMatchObject({ progress: 0, late_tickets: 4 });
    const corrected = await until(async () => {
      const events = (await scene.published()).filter(({ name }) => name === 'goal.corrected');
      return events.length === 2 && events;
    });
    expect(corrected.map(({ data }) => [data.source_id, data.delta])).toEqual([
      ['a', -3],
      ['early', -12],
    ]);
  });

  it.each([
    ['an underfunded goal', 9, {}, closed],
    ['one that was underfunded when its countdown ended', 12, { outcome: 'underfunded' }, closed],
    ['one that sells up to its exp alone', 12, { sales_until: 'exp' }, closed],
    ['one that is delivered', 12, { outcome: 'delivered' }, closed],
    ['one that is void', 12, { outcome: 'void' }, closed],
    ['one that was cancelled', 12, { status: 'cancelled' }, { body: { code: 'goal_not_active' } }],
    ['a funded one, though a void took its level back', 12, { outcome: 'funded', level: 0 }, { status: 201 }],
    [
      'an underfunded one with a show',
      9,
      { outcome: 'underfunded', 'context.show_goal_id': newId() },
      { status: 201, body: { late: true } },
    ],
    [
      'one whose show was started early',
      12,
      { outcome: 'funded', exp: new Date('2099-01-01T00:00:00Z'), status: 'expired' },
      late,
    ],
  ])('of %s is taken or not', async (_, amount, fields, answer) => {
    await openEnded(amount, fields);
    expect(await scene.give('a', 1)).toMatchObject(answer);
  });

  it('lets its buyer in while the show is on, also if the answer was lost', async () => {
    const { service, streamer } = scene;
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    scene.goalId = fundingGoalId;
    await scene.active();
    const show = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    await until(async () => (await streamer.session(sessionId)).show_goal_pairs[0]?.show_goal === show);
    await scene.store({ exp: new Date(Date.now() - 1_000), 'context.show_goal_id': show });
    const authorized = async (userId: string) => {
      const lines = await service.redis.lrange(`${service.prefix}:realtime:recorded`, 0, -1);
      return lines.filter((line) => line.includes('stream.authorized') && line.includes(userId)).length;
    };
    const [buyer, voided] = [newId(), newId()];
    await scene.void('voided');
    await scene.give('voided', 1, voided);
    expect(await scene.give('a', 1, buyer)).toMatchObject({ status: 201, body: { late: true } });
    await until(() => authorized(buyer));
    await service.queues.settled();
    expect(await authorized(voided)).toBe(0);
  });

  it('is seen in the metrics of the api, as is what is voided', async () => {
    const read = async () => {
      const metrics = await readMetrics(scene.service.baseUrl);
      const of = (what: string) => metrics.value(`goalpost_${what}_total`);
      return { stored: of('contributions'), late: of('late_tickets'), voided: of('contributions_voided') };
    };
    await openEnded(12);
    const before = await read();
    for (const source of ['a', 'b', 'b']) await scene.give(source, 1);
    expect((await scene.give('refused', 0)).status).toBe(422);
    for (const source of ['a', 'a']) await scene.void(source);
    expect(await read()).toEqual({
      stored: before.stored + 2,
      late: before.late + 2,
      voided: before.voided + 1,
    });
  });
});
