import { type Goal, goalClasses } from '#contracts';
import { newId, toObjectId } from '#platform';
import { type Answer, timedBody, until } from './client.js';
import { runOperation } from './process.js';
import { useService } from './service.js';

interface GoalPage {
  items: Goal[];
  next_cursor: string | null;
}

describe('a stored goal of a class that this release does not know', () => {
  const service = useService({ SWEEP_INTERVAL_MS: '200', DELIVERY_BACKOFF_MS: '4' });
  const streamer = service.client();
  let sessionId: string;
  let known: string;

  beforeAll(async () => {
    sessionId = await streamer.openSession();
    known = await streamer.createGoal('karaoke', timedBody(sessionId));
    await until(async () => (await streamer.session(sessionId)).karaoke_goal === known);
  });

  /** Stores a goal as another release would, and returns its id. */
  async function store(fields: object = {}): Promise<string> {
    const goalId = newId();
    await service.mongo.collection('goal').insertOne({
      _id: toObjectId(goalId),
      _cls: 'FutureGoal',
      active: true,
      status: 'active',
      version: 4,
      levels: [{ target: 10 }],
      level: 0,
      progress: 3,
      conditions: { session_id: sessionId },
      context: { type: 'future', session_id: sessionId },
      metadata: {},
      nbf: new Date('2026-01-01T00:00:00Z'),
      exp: new Date('2027-12-01T00:00:00Z'),
      created_at: new Date('2026-01-01T00:00:00Z'),
      ...fields,
    });
    return goalId;
  }

  const shown = {
    goal_type: null,
    _cls: 'FutureGoal',
    status: 'active',
    unit: null,
    version: 4,
    progress: 3,
    levels: [{ target: 10 }],
    exp: '2027-12-01T00:00:00.000Z',
  };

  it('is shown by what can be read of it, beside the others', async () => {
    const goalId = await store();
    expect((await streamer.get(`/goals/${goalId}`)).body).toMatchObject({
      ...shown,
      context: { type: null },
    });
    for (const path of ['/goals', `/sessions/${sessionId}/goals`, '/goals?status=active']) {
      const { status, body } = await streamer.get<GoalPage>(path);
      expect(status).toBe(200);
      expect(body.items).toEqual(
        expect.arrayContaining([
          expect.objectContaining(shown),
          expect.objectContaining({ goal_id: known, goal_type: 'karaoke' }),
        ]),
      );
    }
    expect((await streamer.get<GoalPage>('/goals?goal_type=karaoke')).body.items).toMatchObject([
      { goal_id: known },
    ]);
    for (const query of ['limit=1', 'status=failed', 'status=scheduled'])
      expect((await streamer.get(`/sessions/${sessionId}/goals?${query}`)).status).toBe(200);
  });

  it.each<[string, object]>([
    ['a class with a path', { _cls: 'Goal.FutureGoal' }],
    ['a class that every object has', { _cls: 'constructor' }],
    ['no conditions', { conditions: undefined }],
    [
      'levels, times and states of other types',
      { levels: 7, nbf: 'soon', exp: 12, created_at: null, status: 'frozen' },
    ],
  ])('is shown with %s', async (_, fields) => {
    const goalId = await store(fields);
    expect(await streamer.goal(goalId)).toMatchObject({ goal_id: goalId, goal_type: null, unit: null });
    expect((await streamer.get('/goals')).status).toBe(200);
    await service.mongo.collection('goal').deleteOne({ _id: toObjectId(goalId) });
  });

  it.each<[string, (goalId: string) => Promise<Answer>]>([
    [
      'a contribution',
      (goalId) =>
        service
          .client(undefined, ['service'])
          .post(`/goals/${goalId}/contributions`, { source_id: 's', user_id: newId(), amount: 1 }),
    ],
    ['a cancel', (goalId) => streamer.send('DELETE', `/goals/${goalId}`)],
  ])('refuses %s, and stays as it is', async (_, ask) => {
    for (const fields of [{}, { conditions: {} }]) {
      const goalId = await store(fields);
      const before = await service.documents('goal', { _id: toObjectId(goalId) });
      const { status, body } = await ask(goalId);
      expect([status, body.code]).toEqual([409, 'unknown_goal_class']);
      expect(await service.documents('goal', { _id: toObjectId(goalId) })).toEqual(before);
      expect(await service.documents('goal_contribution', { goal_id: toObjectId(goalId) })).toEqual([]);
    }
  });

  it('has a leaderboard, and is no goal to refer to', async () => {
    const goalId = await store({ conditions: {} });
    expect((await streamer.get(`/goals/${goalId}/leaderboard`)).body).toEqual({
      items: [],
      next_cursor: null,
    });
    const answer = await streamer.post(
      '/goals?goal_type=show',
      timedBody(sessionId, { funding_goal_id: goalId }),
    );
    expect(answer.status).toBe(422);
  });

  it('is left alone by the sweeps, which handle the others', async () => {
    const past = new Date(Date.now() - 60_000);
    const future = await store({
      status: 'scheduled',
      active: false,
      nbf: past,
      exp: past,
      unpublished: true,
    });
    const late = await store({ _cls: 'TriggerPrivateGoal', nbf: past, exp: past });
    await until(async () => (await streamer.goal(late)).status === 'expired');
    expect(await streamer.goal(future)).toMatchObject({ status: 'scheduled', version: 4 });
    expect(
      await service.documents('goal', { _id: toObjectId(future), publication: { $exists: true } }),
    ).toEqual([]);
  });

  it('does not stop reconcile, nor the end of its session', async () => {
    const goalId = await store();
    // A worker would mend it.
    await service.stopWorker();
    await service.mongo.collection('livestream_feed').deleteMany({ goal: toObjectId(known) });
    const { lines } = await runOperation(service, 'reconcile', '--older-than', '0');
    await service.startWorker();
    expect(lines.map((line) => (line.startsWith('{') ? (JSON.parse(line) as object) : {}))).toContainEqual({
      goal_id: known,
      _cls: 'KaraokeGoal',
      missing: ['feed'],
    });
    expect((await streamer.post(`/sessions/${sessionId}/end`)).status).toBe(200);
    await until(async () => (await streamer.goal(known)).status === 'cancelled');
    expect((await streamer.goal(goalId)).goal_type).toBeNull();
  }, 60_000);

  it('stands in the feed without a type', async () => {
    const other = await streamer.openSession();
    await service.mongo.collection('livestream_feed').insertOne({
      _id: toObjectId(newId()),
      session: toObjectId(other),
      streamer: toObjectId(streamer.userId),
      type: 'goal.added',
      goal: toObjectId(newId()),
      payload: { _cls: 'FutureGoal', context: {} },
      created_at: new Date(),
    });
    const { status, body } = await streamer.get<{ items: object[] }>(`/sessions/${other}/feed`);
    expect([status, body.items]).toEqual([
      200,
      [expect.objectContaining({ _cls: 'FutureGoal', goal_type: null })],
    ]);
  });

  it('is none of those that this release knows', () => {
    expect(goalClasses).not.toContain('FutureGoal');
  });
});
