import { newId, toObjectId } from '#platform';
import { type Client, timedBody, until } from './client.js';
import { runOperation } from './process.js';
import { TestService } from './service.js';

describe('the end of a session', () => {
  let service: TestService;
  let streamer: Client;
  let sessionId: string;

  const start = async (sweepMs: number) => {
    service = await TestService.start({ SWEEP_INTERVAL_MS: String(sweepMs), DELIVERY_ATTEMPTS: '1' });
    streamer = service.client();
    sessionId = await streamer.openSession();
  };
  beforeEach(() => start(300));
  afterEach(() => service?.stop());

  const end = async () => expect((await streamer.post(`/sessions/${sessionId}/end`)).status).toBe(200);
  const change = (collection: string, id: string, update: object) =>
    service.mongo.collection(collection).updateOne({ _id: toObjectId(id) }, update);
  const storedSession = async () => (await service.documents('session', { _id: toObjectId(sessionId) }))[0];
  const closed = (withinMs?: number) => until(async () => (await storedSession())?.closed_at, withinMs);
  const cancelled = (goalId: string) =>
    service.documents('analytics_event', { event: 'goal.cancelled', goal_id: goalId });

  /** An active goal whose opening was published, and everything else with it. */
  async function openGoal(goalType = 'karaoke'): Promise<string> {
    const goalId = await streamer.createGoal(goalType, timedBody(sessionId));
    await until(async () => (await streamer.goal(goalId)).status === 'active');
    await service.queues.settled();
    return goalId;
  }

  /** Holds that the goal ended with its session, and that it was published once. */
  async function endsWithSession(goalId: string): Promise<void> {
    await until(async () => (await cancelled(goalId)).length > 0);
    expect(await streamer.goal(goalId)).toMatchObject({ status: 'cancelled', reason: 'session_ended' });
    await closed(60_000);
    await service.queues.settled();
    expect(await cancelled(goalId)).toHaveLength(1);
  }

  it('cancels thousands of goals in bulk, each published once, and leaves those alone that were over', async () => {
    const goals = Array.from({ length: 1_300 }, (_, index) => ({
      _id: toObjectId(newId()),
      _cls: 'ShowFundingGoal',
      // Every tenth is of an older writer, which knew no states.
      ...(index % 10 === 0 ? { active: true } : { status: 'active', active: true, version: 1 }),
      levels: [{ target: 10 }],
      conditions: { session_id: sessionId },
      context: { session_id: sessionId },
      nbf: new Date(),
      exp: new Date(Date.now() + 3_600_000),
      created_at: new Date(),
    }));
    const over = ['completed', 'expired', 'cancelled'].map((status) => ({
      ...goals[0],
      _id: toObjectId(newId()),
      // Of a class that has no money to be settled.
      _cls: 'TriggerPrivateGoal',
      status,
      active: false,
      version: 5,
    }));
    await service.mongo.collection('goal').insertMany([...goals, ...over]);
    await end();
    await closed();
    const ended = await service.documents('goal', { cancel_reason: 'session_ended', status: 'cancelled' });
    expect(ended).toHaveLength(goals.length);
    expect(new Set(ended.map(({ version }) => version))).toEqual(new Set([2, 3]));
    expect(ended.every(({ active, ended_at }) => active === false && ended_at instanceof Date)).toBe(true);
    expect(await service.documents('goal', { version: 5 })).toEqual(over);
    await service.queues.settled(30_000);
    const events = await service.documents('analytics_event', { event: 'goal.cancelled' });
    expect(events.map(({ goal_id }) => goal_id).toSorted(byName)).toEqual(
      goals.map(({ _id }) => _id.toHexString()).toSorted(byName),
    );
  }, 120_000);

  it('is finished by the sweep where its job was lost', async () => {
    const goalId = await openGoal();
    await service.stopWorker();
    await end();
    await service.forget(await service.keys());
    await service.startWorker();
    await endsWithSession(goalId);
  });

  it('is finished by the sweep where its job is dead, also in a session that an older writer has ended', async () => {
    const goalId = await openGoal();
    const dead = await service.queues
      .of('end_session')
      .add('end_session', {}, { jobId: sessionId, attempts: 1 });
    await service.queues.dead('end_session', sessionId);
    await change('session', sessionId, { $set: { active: false } });
    await endsWithSession(goalId);
    expect(await dead.isFailed()).toBe(false);
  });

  it('is finished by asking for it again where its job is dead', async () => {
    await service.stop();
    await start(3_600_000);
    const goalId = await openGoal();
    await change('session', sessionId, { $set: { active: false } });
    await service.queues.of('end_session').add('end_session', {}, { jobId: sessionId, attempts: 1 });
    await service.queues.dead('end_session', sessionId);
    await end();
    await endsWithSession(goalId);
    // Whatever is left to do later is found by asking once more.
    await change('goal', goalId, { $set: { status: 'active', active: true }, $unset: { cancel_reason: 1 } });
    await end();
    await until(async () => (await streamer.goal(goalId)).status === 'cancelled');
  });

  it('publishes a goal that was cancelled with it and not published, and none that was published', async () => {
    const goalId = await openGoal();
    const old = await openGoal('trigger_private');
    const over = { status: 'cancelled', active: false, cancel_reason: 'session_ended' };
    const untold = { unpublished: true, outbox: [{ type: 'goal.cancelled', scheduled_for: null }] };
    await change('goal', goalId, { $set: { ...over, ...untold, ended_at: new Date() } });
    await change('goal', old, { $set: { ...over, ended_at: new Date() } });
    await end();
    await endsWithSession(goalId);
    await end();
    await endsWithSession(goalId);
    expect(await cancelled(old)).toEqual([]);
  });

  it('reaches a goal that is stored and bound only after all of it was done', async () => {
    await service.queues.of('create_goal').pause();
    const goalId = await streamer.createGoal('karaoke', timedBody(sessionId));
    await end();
    await closed();
    expect((await streamer.goal(goalId)).status).toBe('pending');
    await service.queues.of('create_goal').resume();
    await endsWithSession(goalId);
    expect((await storedSession())?.karaoke_goal).toEqual(toObjectId(goalId));
  });

  it('is found and mended by reconcile where a goal outlived it', async () => {
    const goalId = await openGoal();
    await end();
    await endsWithSession(goalId);
    // Which would find it, too, now that Redis has lost everything.
    await service.stopWorker();
    await change('goal', goalId, { $set: { status: 'active', active: true }, $unset: { cancel_reason: 1 } });
    await service.forget(await service.keys());
    const reconcile = (...more: string[]) => runOperation(service, 'reconcile', '--older-than', '0', ...more);
    const found = await reconcile();
    expect(found.code).toBe(1);
    expect(JSON.parse(found.lines[0]!)).toEqual({
      goal_id: goalId,
      _cls: 'KaraokeGoal',
      missing: ['end-session'],
    });
    expect((await reconcile('--fix')).code).toBe(0);
    expect(await streamer.goal(goalId)).toMatchObject({ status: 'cancelled', reason: 'session_ended' });
    expect(await reconcile()).toEqual({ code: 0, lines: ['nothing to do'] });
  });

  it.each(['karaoke', 'show_funding'])(
    'is like the cancellation of a %s goal: published and settled though Redis was emptied right after it',
    async (goalType) => {
      const goalId = await openGoal(goalType);
      await service.stopWorker();
      expect(await streamer.send('DELETE', `/goals/${goalId}`)).toMatchObject({
        status: 200,
        body: { status: 'cancelled' },
      });
      await service.forget(await service.keys());
      await service.startWorker();
      await until(async () => (await cancelled(goalId)).length > 0);
      if (goalType === 'show_funding')
        await until(async () => (await streamer.goal(goalId)).void_reason === 'cancelled');
      await service.queues.settled();
      expect(await cancelled(goalId)).toHaveLength(1);
    },
  );
});

const byName = (one: unknown, other: unknown) => String(one).localeCompare(String(other));
