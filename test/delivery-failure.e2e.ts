import type { Goal } from '#contracts';
import { DeadLetters, RedisKeys, toObjectId } from '#platform';
import { type Client, showBody, timedBody, until } from './client.js';
import { unrecorded } from './queues.js';
import { useService } from './service.js';
import { eachOnce, effectsOf, eventIds, type Show } from './show-effects.js';

interface Recorded {
  items: { name: string; data: string }[];
}

describe('a goal that cannot come about', () => {
  // With these waits all the tries would take longer than a minute: what fails in time failed without them.
  const service = useService({ DELIVERY_BACKOFF_MS: '300', DELIVERY_ATTEMPTS: '10' });
  const { queues } = service;
  let streamer: Client;

  beforeEach(() => {
    streamer = service.client();
  });

  /** Creates a show while no worker runs, meddles with what is stored, and lets the worker find it. */
  async function createAndMeddle(meddle: (show: Show) => Promise<unknown>): Promise<Show> {
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    await queues.settled();
    await service.stopWorker();
    try {
      const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
      const show = { sessionId, fundingGoalId, goalId };
      await meddle(show);
      return show;
    } finally {
      await service.startWorker();
    }
  }

  const failed = (goalId: string) =>
    until(async () => {
      const goal = await streamer.goal(goalId);
      return goal.status === 'failed' && goal;
    }, 5_000);

  const active = (goalId: string): Promise<Goal> =>
    until(async () => {
      const goal = await streamer.goal(goalId);
      return goal.status === 'active' && goal;
    });

  const addedPushes = async (goalId: string) => {
    const { body } = await service.client(undefined, ['admin']).get<Recorded>('/dev/realtime');
    return body.items.filter(({ name, data }) => name === 'goal.added' && data.includes(goalId)).length;
  };

  it('shows as failed when its session has no pair for it, and is bound by a replay once it has', async () => {
    const sessions = service.mongo.collection('session');
    const show = await createAndMeddle(({ sessionId }) =>
      sessions.updateOne({ _id: toObjectId(sessionId) }, { $set: { show_goal_pairs: [] } }),
    );
    const goal = await failed(show.goalId);
    expect(goal.reason).toMatch(/^bind-show-to-session: session .* has no free pair/);
    const job = await queues.dead('deliveries', `${eventIds(show.goalId).created}.bind-show-to-session`);
    expect(job.attemptsMade).toBe(1);
    await queues.settled();
    expect(await effectsOf(service, show)).toEqual({ ...eachOnce, pairs: 0, fed: 0 });
    expect(await addedPushes(show.goalId)).toBe(0);

    await sessions.updateOne(
      { _id: toObjectId(show.sessionId) },
      { $set: { show_goal_pairs: [{ funding_goal: toObjectId(show.fundingGoalId), show_goal: null }] } },
    );
    await job.retry();
    const revived = await active(show.goalId);
    expect(revived.reason).toBeUndefined();
    expect(revived.version).toBeGreaterThan(goal.version);
    await queues.settled();
    expect(await effectsOf(service, show)).toEqual(eachOnce);
    expect(await addedPushes(show.goalId)).toBe(1);
  });

  it('shows as failed when its funding goal is gone, while its session and its feed have it', async () => {
    const goals = service.mongo.collection('goal');
    const show = await createAndMeddle(({ fundingGoalId }) =>
      goals.deleteOne({ _id: toObjectId(fundingGoalId) }),
    );
    expect((await failed(show.goalId)).reason).toMatch(/^bind-show-to-funding: .* is gone/);
    await queues.settled();
    expect(await effectsOf(service, show)).toEqual({ ...eachOnce, funded: 0 });
    expect(await addedPushes(show.goalId)).toBe(1);
  });
});

describe('a goal whose errors may pass, but do not', () => {
  const service = useService({ DELIVERY_ATTEMPTS: '3' });
  const { queues } = service;
  const streamer = service.client();

  const failed = (goalId: string) =>
    until(async () => {
      const goal = await streamer.goal(goalId);
      return goal.status === 'failed' && goal;
    });
  const bindings = (validator: object) =>
    service.mongo.db!.command({ collMod: 'session', validator }) as Promise<unknown>;

  it('shows as failed once after the last try of a binder, and is whole after a replay', async () => {
    const sessionId = await streamer.openSession();
    await bindings({ karaoke_goal: null });
    const goalId = await streamer.createGoal('karaoke', timedBody(sessionId));
    const goal = await failed(goalId);
    const job = await queues.dead('deliveries', `${eventIds(goalId).created}.bind-karaoke-to-session`);
    // The first try is that of the job create_goal.
    expect(job.attemptsMade).toBe(2);
    expect(goal.reason).toMatch(/^bind-karaoke-to-session: .*validation/);
    expect(goal.version).toBe(1);
    const [stored] = await service.documents('goal', { _id: toObjectId(goalId) });
    expect(stored?.failures).toMatchObject([
      { handler: 'bind-karaoke-to-session', failure_id: String(job.timestamp) },
    ]);

    await bindings({});
    expect(await service.worker!.get(DeadLetters).replay(`deliveries/${job.id}`, unrecorded)).toBe(true);
    await until(async () => (await streamer.goal(goalId)).status === 'active');
    expect((await streamer.session(sessionId)).karaoke_goal).toBe(goalId);
    expect((await streamer.goal(goalId)).reason).toBeUndefined();
  });

  it('shows as failed if MongoDB refuses it at each try, and is made by a replay once it does not', async () => {
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    await queues.of('create_goal').pause();
    const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    const refuse = (validator: object) => service.mongo.db!.command({ collMod: 'goal', validator });
    await refuse({ _id: { $ne: toObjectId(goalId) } });
    await queues.of('create_goal').resume();
    const goal = await failed(goalId);
    expect(goal).toMatchObject({
      goal_id: goalId,
      active: false,
      reason: expect.stringContaining('validation'),
    });
    await queues.settled();
    const show = { goalId, fundingGoalId };
    expect(await effectsOf(service, show)).toEqual({ goals: 0, pairs: 0, funded: 0, fed: 0, tracked: 0 });

    await refuse({});
    await (await queues.dead('create_goal', goalId)).retry();
    await until(async () => (await streamer.goal(goalId)).status === 'active');
    await queues.settled();
    expect(await effectsOf(service, show)).toEqual(eachOnce);
  });

  it('does not show as failed where the last try goes well', async () => {
    const sessionId = await streamer.openSession();
    await bindings({ karaoke_goal: null });
    const goalId = await streamer.createGoal('karaoke', timedBody(sessionId));
    const id = `${eventIds(goalId).created}.bind-karaoke-to-session`;
    await until(async () => (await queues.of('deliveries').getJob(id))?.attemptsMade === 1);
    await bindings({});
    await until(async () => (await streamer.session(sessionId)).karaoke_goal === goalId);
    await queues.settled();
    expect(await streamer.goal(goalId)).toMatchObject({ status: 'active', version: 0 });
  });

  it('shows as failed if nothing of it could be published at any try, and as active after a replay', async () => {
    const sessionId = await streamer.openSession();
    await queues.of('create_goal').pause();
    const goalId = await streamer.createGoal('karaoke', timedBody(sessionId));
    // The place of the ledger is taken by something else, so that no event of the goal can be published.
    const ledger = service.worker!.get(RedisKeys, { strict: false }).of('ledger', eventIds(goalId).created);
    await service.redis.set(ledger, 'not a ledger');
    await queues.of('create_goal').resume();
    const goal = await failed(goalId);
    expect(goal.reason).toMatch(/^create_goal: .*WRONGTYPE/);
    expect((await queues.dead('create_goal', goalId)).attemptsMade).toBe(3);
    const [stored] = await service.documents('goal', { _id: toObjectId(goalId) });
    expect(stored?.failures).toHaveLength(1);

    await service.redis.del(ledger);
    expect(await service.worker!.get(DeadLetters).replay(`create_goal/${goalId}`, unrecorded)).toBe(true);
    await until(async () => (await streamer.goal(goalId)).status === 'active');
    const active = await streamer.goal(goalId);
    expect(active.reason).toBeUndefined();
    expect(active.version).toBeGreaterThan(goal.version);
    expect((await streamer.session(sessionId)).karaoke_goal).toBe(goalId);
  });

  it('fails with another failure_id if its replay fails, too', async () => {
    const sessionId = await streamer.openSession();
    await bindings({ karaoke_goal: null });
    const goalId = await streamer.createGoal('karaoke', timedBody(sessionId));
    await failed(goalId);
    const failureId = async () => {
      const [stored] = await service.documents('goal', { _id: toObjectId(goalId) });
      return (stored?.failures as { failure_id: string }[] | undefined)?.map(({ failure_id }) => failure_id);
    };
    const first = await failureId();
    const id = `${eventIds(goalId).created}.bind-karaoke-to-session`;
    await queues.dead('deliveries', id);
    expect(await service.worker!.get(DeadLetters).replay(`deliveries/${id}`, unrecorded)).toBe(true);
    await until(async () => JSON.stringify(await failureId()) !== JSON.stringify(first));
    expect(await failureId()).toHaveLength(1);
    await bindings({});
  });
});
