import { until } from './client.js';
import { FundingScene } from './funding-scene.js';
import { readMetrics } from './metrics.js';
import { TestProcess } from './process.js';
import { toObjectId } from '#platform';
import { useService } from './service.js';

const hourMs = 3_600_000;
const show = { levels: [{ target: 60 }], duration_seconds: 600, start: 'on_countdown_end' };

describe('a show that starts itself', () => {
  const service = useService({ SWEEP_INTERVAL_MS: '500' });
  const scene = new FundingScene(service);
  const shows = (goalId: string) => service.documents('goal', { 'context.funding_goal_id': goalId });
  const change = (goalId: string, $set: object) =>
    service.mongo.collection('goal').updateOne({ _id: toObjectId(goalId) }, { $set });

  it('is created at the end of a countdown that is funded, once, as its streamer would create it', async () => {
    const goal = await scene.open(hourMs, { show });
    await goal.sell(5);
    expect((await goal.get()).show).toEqual(show);
    await goal.endCountdown();
    const showGoalId = await goal.hasShow();
    expect(showGoalId.slice(0, 8)).toBe(goal.goalId.slice(0, 8));
    await Promise.all([goal.look(), goal.look(), goal.look()]);
    expect((await goal.postShow()).body).toMatchObject({ status: 409, goal_id: showGoalId });
    expect(await shows(goal.goalId)).toHaveLength(1);
    const started = await scene.streamer.goal(showGoalId);
    expect(started).toMatchObject({
      levels: show.levels,
      unit: 'seconds',
      metadata: { user_id: scene.streamer.userId },
      context: { type: 'show', session_id: goal.sessionId, funding_goal_id: goal.goalId },
    });
    expect(new Date(started.exp!).getTime() - new Date(started.nbf).getTime()).toBe(600_000);
  });

  it('is not created if the goal is underfunded; the streamer may still post one', async () => {
    const goal = await scene.open(hourMs, { show });
    await goal.sell(4);
    await goal.endCountdown();
    await goal.has('underfunded');
    await goal.look();
    expect(await shows(goal.goalId)).toEqual([]);
    await goal.startShow();
  });

  it('is created, by one of several workers, though all were down at exp and Redis came back empty', async () => {
    const goal = await scene.open(hourMs, { show });
    await goal.sell(5);
    await service.queues.settled();
    await service.stopWorker();
    await change(goal.goalId, { exp: new Date(Date.now() - 1_000) });
    await service.forget(await service.keys());
    await Promise.all([service.startWorker(), service.startWorker(), service.startWorker()]);
    const showGoalId = await goal.hasShow();
    expect(await goal.get()).toMatchObject({ outcome: 'funded', status: 'expired' });
    expect(await shows(goal.goalId)).toHaveLength(1);
    await until(
      async () => (await scene.streamer.session(goal.sessionId)).show_goal_pairs[0]?.show_goal === showGoalId,
    );
    expect(await goal.events('goal.expired')).toHaveLength(1);
  });

  it('races with those that are posted: one is accepted, the others are told which', async () => {
    const goal = await scene.open(hourMs, { show });
    await goal.sell(5);
    const [, ...answers] = await Promise.all([goal.endCountdown(), ...[1, 2, 3].map(() => goal.postShow())]);
    const showGoalId = await goal.hasShow();
    for (const { status, body } of answers) {
      expect([202, 409]).toContain(status);
      expect(body).toMatchObject({ goal_id: showGoalId });
    }
    expect(answers.filter(({ status }) => status === 202).length).toBeLessThanOrEqual(1);
    expect(await shows(goal.goalId)).toHaveLength(1);
  });
});

describe('the sweep of funding goals', () => {
  const service = useService({ SWEEP_INTERVAL_MS: '500' });
  const scene = new FundingScene(service);

  it.each([
    [
      'was cancelled and not settled',
      { status: 'cancelled', cancel_reason: 'cancelled', active: false },
      'cancelled',
    ],
    [
      'is past its settle_by',
      { outcome: 'funded', status: 'expired', active: false, settle_by: new Date(0) },
      'not_started',
    ],
  ])('settles a goal that %s when its process died, after Redis lost all', async (_, fields, reason) => {
    const goal = await scene.open(hourMs);
    await goal.sell(5);
    await service.queues.settled();
    await service.stopWorker();
    await service.mongo.collection('goal').updateOne({ _id: toObjectId(goal.goalId) }, { $set: fields });
    await service.forget(await service.keys());
    await service.startWorker();
    expect(await goal.settled()).toMatchObject({ outcome: 'void', void_reason: reason });
    expect((await goal.event('goal.settled')).properties).toMatchObject({ tickets: 1, total: 5 });
  });

  it('counts a goal that it cannot settle as overdue, until it can', async () => {
    const goal = await scene.open(hourMs);
    await service.queues.settled();
    await service.stopWorker();
    const change = ($set: object) =>
      service.mongo.collection('goal').updateOne({ _id: toObjectId(goal.goalId) }, { $set });
    const due = { outcome: 'funded', status: 'expired', active: false, settle_by: new Date(0) };
    await change({ ...due, conditions: null });
    const worker = await TestProcess.start('worker', service, { SWEEP_INTERVAL_MS: '500' });
    try {
      const overdue = async () => (await readMetrics(worker.url)).value('goalpost_settlements_overdue');
      await until(async () => (await overdue()) === 1);
      await change({ conditions: { session_id: goal.sessionId } });
      await until(async () => (await overdue()) === 0);
      expect(await goal.settled()).toMatchObject({ outcome: 'void' });
      const metrics = await readMetrics(worker.url);
      const labels = { outcome: 'void', reason: 'not_started' };
      expect(metrics.value('goalpost_funding_outcomes_total', labels)).toBe(1);
    } finally {
      await worker.end('SIGTERM');
      await service.startWorker();
    }
  }, 60_000);

  it('settles a goal once on several workers, beside a show that is posted', async () => {
    const goal = await scene.open(hourMs);
    await goal.sell(5);
    await service.startWorker();
    await service.startWorker();
    const fields = { outcome: 'funded', status: 'expired', active: false, settle_by: new Date(0) };
    const [posted] = await Promise.all([
      goal.postShow(),
      service.mongo.collection('goal').updateOne({ _id: toObjectId(goal.goalId) }, { $set: fields }),
      ...[1, 2, 3, 4, 5].map(() => goal.look()),
    ]);
    if (posted.status === 202) {
      const showGoalId = await goal.hasShow();
      expect((await goal.get()).settled_at).toBeNull();
      await goal.endShow(showGoalId, true);
      expect(await goal.settled()).toMatchObject({ outcome: 'delivered' });
    } else {
      expect(posted.body).toMatchObject({ code: 'funding_settled' });
      expect(await goal.settled()).toMatchObject({ outcome: 'void', void_reason: 'not_started' });
      expect((await goal.get()).context.show_goal_id).toBeUndefined();
    }
    await goal.event('goal.settled');
    await service.queues.settled();
    expect(await goal.events('goal.settled')).toHaveLength(1);
  });
});
