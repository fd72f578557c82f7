import { ShowScene } from './show-scene.js';
import { useService } from './service.js';
import { until } from './client.js';
import { newId, toObjectId } from '#platform';

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const coins = { unit: 'coins' };

describe('a show ends', () => {
  const service = useService();
  let scene: ShowScene;

  beforeEach(() => {
    scene = new ShowScene(service);
  });

  const give = (amount: number) =>
    scene.platform.post(`/goals/${scene.goalId}/contributions`, {
      source_id: newId(),
      user_id: newId(),
      amount,
    });

  it('at its exp, not delivered where no level was reached', async () => {
    const { exp, delivered } = await scene.open([10], () => ({ ...coins, exp: inMs(1_500) }));
    expect(delivered).toBeNull();
    expect(await scene.becomes({ status: 'expired' })).toMatchObject({ active: false, delivered: false });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(exp!));
    expect(await scene.says('goal.expired')).not.toContain('goal.updated');
    expect(await scene.stored()).toMatchObject({ ended_by: 'expired', ended_at: expect.any(Date) as Date });
  });

  it('at its exp also when it is completed, and stays that; it is told by its new fields', async () => {
    await scene.open([10], () => ({ ...coins, exp: inMs(2_000) }));
    await give(10);
    expect(await scene.goal()).toMatchObject({ status: 'completed', delivered: null });
    expect((await give(1)).status).toBe(201);
    expect(await scene.becomes({ delivered: true })).toMatchObject({ status: 'completed', progress: 11 });
    const names = await scene.says('goal.updated');
    expect(names).not.toContain('goal.expired');
    const [updated] = (await scene.published()).filter(({ name }) => name === 'goal.updated');
    expect(updated!.data).toMatchObject({ changes: ['delivered'], delivered: true, status: 'completed' });
  });

  it('when it is finished, and takes nothing then', async () => {
    await scene.open([10, 1_000], coins);
    await give(10);
    const finished = await scene.finish();
    expect(finished).toMatchObject({ status: 200, body: { status: 'expired', delivered: true, level: 1 } });
    expect(await scene.finish()).toEqual({ ...finished, headers: expect.anything() as Headers });
    await scene.says('goal.expired');
    const [expired] = (await scene.published()).filter(({ name }) => name === 'goal.expired');
    expect(expired!.data).toMatchObject({ scheduled_for: null, delivered: true });
    expect(await give(1)).toMatchObject({ status: 409, body: { code: 'goal_not_active' } });
    const cancelled = await scene.streamer.send('DELETE', `/goals/${scene.goalId}`);
    expect(cancelled).toMatchObject({ status: 409, body: { code: 'goal_over' } });
  });

  it('finished by a streamer, whose word on the delivery does not count, or a service, whose does', async () => {
    await scene.open([10], coins);
    await give(10);
    expect(await scene.finish({ delivered: true })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    expect(await scene.finish({}, service.client())).toMatchObject({
      status: 403,
      body: { code: 'not_your_session' },
    });
    expect((await scene.finish({ delivered: 'yes' })).status).toBe(422);
    const answer = await scene.finish({ delivered: false }, scene.platform);
    expect(answer).toMatchObject({ status: 200, body: { status: 'completed', delivered: false } });
    // The first one decides.
    expect(await scene.finish({ delivered: true }, scene.platform)).toMatchObject({
      status: 200,
      body: { delivered: false },
    });
    expect(await give(1)).toMatchObject({ status: 409, body: { code: 'goal_not_active' } });
  });

  it('when it is deleted, before and after its last level; then it cannot be finished', async () => {
    for (const amount of [1, 10]) {
      await scene.open([10], coins);
      await give(amount);
      const remove = () => scene.streamer.send('DELETE', `/goals/${scene.goalId}`);
      const status = amount === 10 ? 'completed' : 'cancelled';
      const ended = { status, active: false, delivered: amount === 10 };
      expect(await remove()).toMatchObject({ status: 200, body: ended });
      expect(await remove()).toMatchObject({ status: 200, body: ended });
      expect(await scene.finish()).toMatchObject({ status: 409, body: { code: 'goal_over' } });
      await scene.says(amount === 10 ? 'goal.updated' : 'goal.cancelled');
    }
  });

  it('with its session, before and after its last level', async () => {
    for (const amount of [1, 10]) {
      await scene.open([10], coins);
      await give(amount);
      await scene.streamer.post(`/sessions/${scene.sessionId}/end`);
      await scene.becomes({ delivered: amount === 10 });
      const status = amount === 10 ? 'completed' : 'cancelled';
      expect(await scene.goal()).toMatchObject({ status, active: false });
      expect(await scene.stored()).toMatchObject({ ended_by: 'session_ended' });
      await scene.says(amount === 10 ? 'goal.updated' : 'goal.cancelled');
      const _id = toObjectId(scene.sessionId);
      await until(async () => (await service.documents('session', { _id }))[0]?.closed_at);
    }
  });

  it('once, whoever else ends it at the same time', async () => {
    await scene.open([10], () => ({ ...coins, exp: inMs(1_500) }));
    await give(10);
    const ends = [
      () => scene.finish(),
      () => scene.finish(undefined, scene.platform),
      () => scene.streamer.send('DELETE', `/goals/${scene.goalId}`),
      () => scene.streamer.post(`/sessions/${scene.sessionId}/end`),
    ];
    await Promise.all(ends.map((end) => end()));
    await scene.says('goal.updated');
    const { version } = await scene.stored();
    await until(async () => Date.parse((await scene.goal()).exp!) < Date.now() - 500);
    expect(await scene.stored()).toMatchObject({ version, status: 'completed' });
    const updates = (await scene.published()).filter(({ name }) => name === 'goal.updated');
    expect(updates).toHaveLength(1);
  });

  it('is no end of other goals', async () => {
    await scene.open([10], coins);
    scene.goalId = scene.fundingGoalId;
    expect(await scene.finish()).toMatchObject({ status: 409, body: { code: 'not_a_show' } });
    scene.goalId = newId();
    expect(await scene.finish()).toMatchObject({ status: 404, body: { code: 'goal_not_found' } });
  });

  it('asks for a step of its funding goal', async () => {
    await scene.open([10], coins);
    const { queues } = service;
    const asked = async () =>
      (await queues.of('funding').getJobs(['waiting', 'active', 'completed', 'delayed', 'paused'])).filter(
        (job) => (job.data as { goal_id: string }).goal_id === scene.fundingGoalId,
      );
    await queues.of('funding').pause();
    try {
      const before = new Set((await asked()).map(({ id }) => id));
      await scene.finish();
      await until(async () => (await asked()).some(({ id }) => !before.has(id)));
    } finally {
      await queues.of('funding').resume();
    }
  });
});
