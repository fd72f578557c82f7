import { newId, toObjectId } from '#platform';
import { showBody, timedBody, until } from './client.js';
import { ContributionScene } from './contribution-scene.js';

describe('contributions that are refused', () => {
  let scene: ContributionScene;

  beforeAll(async () => {
    scene = await ContributionScene.start();
  });
  afterAll(() => scene.service?.stop());

  it('are refused outside the window, on goals that are not active, pending or unknown, and change nothing', async () => {
    await scene.open([10], {
      nbf: new Date(Date.now() + 3_600_000).toISOString(),
      exp: '2099-01-01T00:00:00Z',
    });
    expect(await scene.give('a', 1)).toMatchObject({ status: 409, body: { code: 'goal_not_active' } });
    await scene.open([10]);
    await scene.active();
    await scene.streamer.send('DELETE', `/goals/${scene.goalId}`);
    expect(await scene.give('a', 1)).toMatchObject({ status: 409, body: { code: 'goal_not_active' } });

    const funded = await scene.streamer.openFundedSession();
    const later = {
      ...showBody(funded.sessionId, funded.fundingGoalId),
      unit: 'coins',
      nbf: '2098-01-01T00:00:00Z',
      exp: '2099-01-01T00:00:00Z',
    };
    scene.goalId = await scene.streamer.createGoal('show', later);
    await scene.active();
    expect(await scene.give('a', 1)).toMatchObject({ status: 409, body: { code: 'outside_window' } });
    scene.goalId = newId();
    expect(await scene.give('a', 1)).toMatchObject({ status: 404, body: { code: 'goal_not_found' } });
    scene.goalId = 'nonsense';
    expect(await scene.give('a', 1)).toMatchObject({ status: 404, body: { code: 'goal_not_found' } });
    await scene.service.stopWorker();
    try {
      scene.goalId = await scene.streamer.createGoal(
        'karaoke',
        timedBody(await scene.streamer.openSession()),
      );
      expect(await scene.give('a', 1)).toMatchObject({ status: 409, body: { code: 'goal_pending' } });
    } finally {
      await scene.service.startWorker();
    }
  });

  it('are refused for a session that has ended, whatever its goals are by then, and what was counted is answered', async () => {
    await scene.open([10]);
    await scene.active();
    expect((await scene.give('before', 2)).status).toBe(201);
    const { service, goalId } = scene;
    const { queues } = service;
    // The job that cancels the goals waits: the session alone says that it has ended.
    await queues.of('end_session').pause();
    try {
      expect((await scene.streamer.post(`/sessions/${scene.sessionId}/end`)).status).toBe(200);
      const refused = { status: 409, body: { code: 'session_ended', goal_id: goalId } };
      expect(await scene.give('new', 1)).toMatchObject(refused);
      expect(await scene.give('before', 2)).toMatchObject({ status: 200, body: { progress: 2 } });
      expect((await scene.streamer.goal(goalId)).status).toBe('active');
      await queues.of('end_session').resume();
      await until(async () => (await scene.streamer.goal(goalId)).status === 'cancelled');
      expect(await scene.give('new', 1)).toMatchObject(refused);
      expect(await scene.give('before', 2)).toMatchObject({ status: 200, body: { progress: 2 } });
    } finally {
      await queues.of('end_session').resume();
    }
    expect(await service.documents('goal_contribution', { source_id: 'new' })).toEqual([]);
  });

  it('are refused where an older writer has closed the goal', async () => {
    await scene.open([10]);
    await scene.active();
    const goals = scene.service.mongo.collection('goal');
    await goals.updateOne(
      { _id: toObjectId(scene.goalId) },
      { $unset: { status: 1 }, $set: { active: false } },
    );
    expect(await scene.give('a', 1)).toMatchObject({ status: 409, body: { code: 'goal_not_active' } });
  });

  it('are refused by a show in seconds, and by one in coins that has ended, completed or not', async () => {
    const openShow = async (unit: string) => {
      const { sessionId, fundingGoalId } = await scene.streamer.openFundedSession();
      const body = { ...showBody(sessionId, fundingGoalId), levels: [{ target: 5 }], unit };
      scene.goalId = await scene.streamer.createGoal('show', body);
      await scene.active();
    };
    await openShow('seconds');
    const refused = { status: 409, body: { code: 'takes_no_contributions', goal_id: scene.goalId } };
    expect(await scene.give('a', 1)).toMatchObject(refused);
    expect(await scene.void('a')).toMatchObject(refused);
    expect(await scene.service.documents('goal_contribution', { goal_id: toObjectId(scene.goalId) })).toEqual(
      [],
    );

    await openShow('coins');
    expect(await scene.give('a', 5)).toMatchObject({ status: 201, body: { level: 1 } });
    expect(await scene.give('b', 1)).toMatchObject({ status: 201, body: { progress: 6 } });
    expect((await scene.platform.post(`/goals/${scene.goalId}/finish`, {})).status).toBe(200);
    expect((await scene.streamer.goal(scene.goalId)).status).toBe('completed');
    expect(await scene.give('c', 1)).toMatchObject({ status: 409, body: { code: 'goal_not_active' } });
    expect(await scene.give('a', 5)).toMatchObject({ status: 200, body: { progress: 6 } });
  });

  it.each([
    [{ user_id: 'u', amount: 1 }, '/source_id'],
    [{ source_id: '', user_id: 'u', amount: 1 }, '/source_id'],
    [{ source_id: 's', user_id: 'a@b', amount: 1 }, '/user_id'],
    [{ source_id: 's', user_id: { $gt: '' }, amount: 1 }, '/user_id'],
    [{ source_id: 's', user_id: 'u', amount: 0 }, '/amount'],
    [{ source_id: 's', user_id: 'u', amount: 1.5 }, '/amount'],
    [{ source_id: 's', user_id: 'u', amount: '3' }, '/amount'],
    [{ source_id: 's', user_id: 'u', amount: 1, tip: 1 }, '/tip'],
  ])('of %j are refused at %s', async (body, pointer) => {
    await scene.open([10]);
    const answer = await scene.platform.post<{ errors: { pointer: string }[] }>(
      `/goals/${scene.goalId}/contributions`,
      body,
    );
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map((error) => error.pointer)).toEqual([pointer]);
    expect(await scene.streamer.post(`/goals/${scene.goalId}/contributions`, body)).toMatchObject({
      status: 403,
    });
  });
});
