import { type GoalClass, type GoalContext, type NewGoal, goalTypes, type Session } from '#contracts';
import { idFrom, newId, HandlerRegistry, toObjectId } from '#platform';
import { until } from './client.js';
import { useService } from './service.js';

/** Each handler of goal.created alone: it is called by hand, twice, on documents that the test itself has written. */
describe('a handler of goal.created, alone and called twice', () => {
  const service = useService();
  const streamer = service.client();
  let sessionId: string;
  let goalId: string;
  let otherId: string;

  beforeEach(async () => {
    sessionId = await streamer.openSession();
    goalId = newId();
    otherId = newId();
  });

  const inAnHour = () => new Date(Date.now() + 3_600_000);
  const store = (id: string, goalClass: GoalClass, status = 'active', nbf = new Date()) =>
    service.mongo.collection('goal').insertOne({
      _id: toObjectId(id),
      _cls: goalClass,
      active: status === 'active',
      status,
      version: 0,
      levels: [{ target: 1 }],
      conditions: { session_id: sessionId },
      context: { type: goalTypes[goalClass], session_id: sessionId },
      metadata: {},
      nbf,
      exp: inAnHour(),
      created_at: new Date(),
    });
  const callTwice = async (
    handler: string,
    goalClass: GoalClass,
    context: Partial<GoalContext> = {},
    nbf = new Date(),
  ) => {
    const data: NewGoal = {
      goal_id: goalId,
      active: true,
      _cls: goalClass,
      conditions: { session_id: sessionId },
      context: { type: goalTypes[goalClass], session_id: sessionId, ...context },
      levels: [{ target: 1 }],
      metadata: { user_id: streamer.userId },
      unit: 'coins',
      nbf: nbf.toISOString(),
      exp: inAnHour().toISOString(),
    };
    const registry = service.worker!.get(HandlerRegistry);
    const event = registry.revive({ type: 'goal.created', data, occurred_at: new Date().toISOString() });
    await registry.named(handler).instance.handle(event);
    await registry.named(handler).instance.handle(event);
  };
  const bindings = (): Promise<Session> => streamer.session(sessionId);
  const inSession = (change: object) =>
    service.mongo.collection('session').updateOne({ _id: toObjectId(sessionId) }, change);
  const fedOnce = async () => {
    await until(
      async () => (await service.documents('livestream_feed', { goal: toObjectId(goalId) })).length,
    );
    expect(await service.documents('livestream_feed', { goal: toObjectId(goalId) })).toHaveLength(1);
  };

  it('bind-show-to-session opens a pair for a funding goal and fills it with the show goal', async () => {
    await callTwice('bind-show-to-session', 'ShowFundingGoal');
    expect((await bindings()).show_goal_pairs).toEqual([{ funding_goal: goalId, show_goal: null }]);
    const funding = goalId;
    goalId = newId();
    await callTwice('bind-show-to-session', 'ShowGoal', { funding_goal_id: funding });
    expect((await bindings()).show_goal_pairs).toEqual([{ funding_goal: funding, show_goal: goalId }]);
    await fedOnce();
  });

  it('bind-show-to-session leaves a pair alone that another show goal has', async () => {
    await inSession({
      $set: { show_goal_pairs: [{ funding_goal: toObjectId(otherId), show_goal: toObjectId(newId()) }] },
    });
    const before = (await bindings()).show_goal_pairs;
    await expect(callTwice('bind-show-to-session', 'ShowGoal', { funding_goal_id: otherId })).rejects.toThrow(
      otherId,
    );
    expect((await bindings()).show_goal_pairs).toEqual(before);
  });

  it.each([
    ['bind-show-to-funding', 'ShowGoal', 'ShowFundingGoal', 'funding_goal_id', 'show_goal_id'],
    [
      'bind-exclusive-to-trigger',
      'ExclusiveGoal',
      'TriggerExclusiveGoal',
      'trigger_exclusive_goal_id',
      'exclusive_goal_id',
    ],
  ] as const)(
    '%s writes the goal into the one that opened its pair, and never over another',
    async (handler, goalClass, opener, names, field) => {
      await store(otherId, opener);
      await callTwice(handler, goalClass, { [names]: otherId });
      expect((await streamer.goal(otherId)).context[field]).toBe(goalId);
      const first = goalId;
      goalId = newId();
      await expect(callTwice(handler, goalClass, { [names]: otherId })).rejects.toThrow(otherId);
      expect((await streamer.goal(otherId)).context[field]).toBe(first);
    },
  );

  it('bind-exclusive-to-session opens a pair for a trigger goal and fills it with the exclusive goal', async () => {
    await callTwice('bind-exclusive-to-session', 'TriggerExclusiveGoal');
    expect((await bindings()).exclusive_goal_pairs).toEqual([{ trigger_goal: goalId, exclusive_goal: null }]);
    const trigger = goalId;
    goalId = newId();
    await callTwice('bind-exclusive-to-session', 'ExclusiveGoal', { trigger_exclusive_goal_id: trigger });
    expect((await bindings()).exclusive_goal_pairs).toEqual([
      { trigger_goal: trigger, exclusive_goal: goalId },
    ]);
    await fedOnce();
  });

  it.each([
    ['bind-karaoke-to-session', 'KaraokeGoal', 'karaoke_goal'],
    ['bind-private-to-session', 'TriggerPrivateGoal', 'trigger_private_goal'],
  ] as const)(
    '%s takes an empty place or that of a goal that is over, never that of an open one',
    async (handler, goalClass, place) => {
      await store(goalId, goalClass);
      await callTwice(handler, goalClass);
      expect((await bindings())[place]).toBe(goalId);
      await fedOnce();

      const first = goalId;
      goalId = newId();
      await store(goalId, goalClass);
      await expect(callTwice(handler, goalClass)).rejects.toThrow(first);
      expect((await bindings())[place]).toBe(first);
      await service.mongo
        .collection('goal')
        .updateOne({ _id: toObjectId(first) }, { $set: { status: 'completed', active: false } });
      await callTwice(handler, goalClass);
      expect((await bindings())[place]).toBe(goalId);

      const latest = goalId;
      goalId = first;
      await callTwice(handler, goalClass);
      expect((await bindings())[place]).toBe(latest);
    },
  );

  it('schedule-lifecycle opens the goal at once where nbf has passed, and sets one timer for exp', async () => {
    await store(goalId, 'TriggerPrivateGoal', 'scheduled');
    await callTwice('schedule-lifecycle', 'TriggerPrivateGoal');
    expect(await streamer.goal(goalId)).toMatchObject({ status: 'active', version: 1 });
    const timers = await service.redis.zrange(`{${service.prefix}}:lifecycle:delayed`, 0, -1);
    expect(timers.filter((id) => id.startsWith(goalId))).toEqual([`${goalId}.expire`]);
  });

  it('schedule-lifecycle sets a timer for an nbf to come', async () => {
    const before = inAnHour().getTime() - 1;
    await store(goalId, 'ShowFundingGoal', 'scheduled', inAnHour());
    await callTwice('schedule-lifecycle', 'ShowFundingGoal', {}, inAnHour());
    const timers = await service.redis.zrange(`{${service.prefix}}:lifecycle:delayed`, 0, -1);
    expect(timers.filter((id) => id.startsWith(goalId))).toEqual([`${goalId}.activate`]);
    // What its exp means is for its countdown.
    const dueAt = Number(await service.redis.zscore(`${service.prefix}:due:funding-timers`, goalId));
    expect(dueAt).toBeGreaterThan(before);
    expect(dueAt).toBeLessThanOrEqual(inAnHour().getTime());
    expect((await streamer.goal(goalId)).status).toBe('scheduled');
  });

  it('track leaves one analytics event under the id of the event', async () => {
    await callTwice('track', 'KaraokeGoal');
    await until(async () => (await service.documents('analytics_event', { goal_id: goalId })).length);
    const [event] = await service.documents('analytics_event', { goal_id: goalId });
    expect(String(event?._id)).toBe(idFrom('goal.created', goalId));
    expect(event).toMatchObject({ event: 'goal.created', user_id: streamer.userId });
  });

  it('snapshot-rtc-sources records the sources of that moment, and keeps the first snapshot', async () => {
    const since = new Date('2026-09-21T14:00:00Z');
    const camera = { publisher_id: 'camera-1', kind: 'video', track: 'main', since };
    await inSession({ $set: { rtc_sources: [camera] } });
    await callTwice('snapshot-rtc-sources', 'ExclusiveGoal');
    await inSession({ $set: { rtc_sources: [] } });
    await callTwice('snapshot-rtc-sources', 'ExclusiveGoal');
    const snapshots = await service.documents('rtc_snapshot', { goal: toObjectId(goalId) });
    expect(snapshots).toEqual([
      expect.objectContaining({
        session: toObjectId(sessionId),
        sources: [camera],
        created_at: expect.any(Date),
      }),
    ]);
  });
});
