import { goalTypes } from '#contracts';
import { newId, toObjectId } from '#platform';
import { timedBody, until } from './client.js';
import { linesOf } from './log-lines.js';
import { readMetrics } from './metrics.js';
import { TestProcess } from './process.js';
import { useService } from './service.js';

interface Step {
  event: string;
  goal_id: string;
}

describe('the sweep of missed timers', () => {
  const service = useService({ SWEEP_INTERVAL_MS: '3600000' }, { apps: ['api'], perTest: true });
  const streamer = service.client();
  let sessionId: string;

  /** With an hour between two rounds a test sees one alone, that of the start of the worker. */
  beforeEach(async () => {
    sessionId = await streamer.openSession();
  });

  const at = (ms: number) => new Date(Date.now() + ms);
  const tracked = async (event: string) => {
    const steps = (await service.documents('analytics_event', { event })) as unknown as Step[];
    return steps.map(({ goal_id }) => goal_id).toSorted();
  };

  /** Stores goals as a worker that died right after it has left them, and returns their ids. */
  const store = async (count: number, fields: object): Promise<string[]> => {
    const ids = Array.from({ length: count }, () => newId());
    await service.mongo.collection('goal').insertMany(
      ids.map((id) => ({
        _id: toObjectId(id),
        _cls: 'TriggerPrivateGoal',
        active: false,
        status: 'scheduled',
        version: 0,
        levels: [{ target: 1 }],
        conditions: { session_id: sessionId },
        context: { type: goalTypes.TriggerPrivateGoal, session_id: sessionId },
        metadata: {},
        created_at: at(-60_000),
        ...fields,
      })),
    );
    return ids.toSorted();
  };

  it.each([
    ['opens', 'activate', { nbf: 3_000, exp: 600_000 }, 'active', 'activated_at'],
    ['closes', 'expire', { nbf: -1_000, exp: 3_000 }, 'expired', 'ended_at'],
  ] as const)(
    'sets timers again that Redis has lost, so that one %s its goal on time',
    async (_, step, { nbf, exp }, status, field) => {
      const due = { nbf: at(nbf), exp: at(exp) };
      await service.startWorker();
      const goalId = await streamer.createGoal('trigger_private', timedBody(sessionId, {}, due));
      const timer = `{${service.prefix}}:lifecycle:${goalId}.${step}`;
      await until(() => service.redis.exists(timer));
      await until(async () => (await tracked('goal.created')).length === 1);
      await service.stopWorker();
      await service.forget(await service.keys());
      await service.startWorker();
      await until(async () => (await streamer.goal(goalId)).status === status);
      const [goal] = await service.documents('goal', { _id: toObjectId(goalId) });
      const moment = step === 'activate' ? due.nbf : due.exp;
      const lateMs = (goal![field] as Date).getTime() - moment.getTime();
      expect(lateMs).toBeGreaterThanOrEqual(0);
      expect(lateMs).toBeLessThan(1_500);
    },
  );

  it('ends the countdown of funding goals, also of those stored before goals had outcomes', async () => {
    const overdue = { _cls: 'ShowFundingGoal', nbf: at(-2_000), exp: at(-1_000) };
    const older = await store(1, { ...overdue, status: 'active', active: true });
    const missed = await store(1, overdue);
    const completed = await store(1, { ...overdue, status: 'completed', level: 1, outcome: 'open' });
    await service.startWorker();
    const ends = async () => await service.documents('goal', { outcome: { $in: ['funded', 'underfunded'] } });
    await until(async () => (await ends()).length === 3);
    expect((await service.documents('goal', { outcome: 'funded' })).map(({ _id }) => String(_id))).toEqual(
      completed,
    );
    await until(async () => (await tracked('goal.updated')).length === 3);
    expect(await tracked('goal.expired')).toEqual([...older, ...missed].toSorted());
    expect(await tracked('goal.activated')).toEqual(missed);
  });

  it('sets no timer for what is due long after the next round', async () => {
    const [soon] = await store(1, { nbf: at(3_600_000), exp: at(9_000_000) });
    const [later] = await store(1, { nbf: at(7_200_000), exp: at(9_000_000) });
    await service.startWorker();
    const delayed = () => service.redis.zrange(`{${service.prefix}}:lifecycle:delayed`, 0, -1);
    await until(async () => (await delayed()).length > 0);
    expect(await delayed()).toEqual([`${soon}.activate`]);
    expect((await streamer.goal(later!)).status).toBe('scheduled');
  });

  it('opens and closes 401 goals that are overdue in one round', async () => {
    const toOpen = await store(401, { nbf: at(-1_000), exp: at(600_000) });
    const toClose = await store(401, { status: 'active', active: true, nbf: at(-2_000), exp: at(-1_000) });
    await service.startWorker();
    await until(async () => (await tracked('goal.activated')).length >= toOpen.length);
    await until(async () => (await tracked('goal.expired')).length >= toClose.length);
    expect(await tracked('goal.activated')).toEqual(toOpen);
    expect(await tracked('goal.expired')).toEqual(toClose);
  });

  it('sets timers for more goals than a batch has', async () => {
    await store(2_001, { nbf: at(600_000), exp: at(999_999_000) });
    await service.startWorker();
    await until(async () => (await service.redis.zcard(`{${service.prefix}}:lifecycle:delayed`)) >= 2_001);
  });

  it('leaves out each goal that it cannot handle, says so once, and goes on with all others', async () => {
    const overdue = { nbf: at(-2_000), exp: at(-1_000) };
    const bad: [string, object][] = [
      ['text for its id', { _id: 'a goal of another writer' }],
      ['a number for its id', { _id: 7 }],
      ['text for its nbf', { nbf: 'tomorrow' }],
      ['no class that is text', { _id: { any: 'thing' } }],
    ];
    for (const [, fields] of bad) await store(1, { ...overdue, ...fields });
    await store(1, { ...overdue, exp: null });
    await store(1, { ...overdue, exp: 'later' });
    await store(1, { ...overdue, conditions: null });
    // A whole batch and more that come first.
    for (let index = 0; index < 250; index++)
      await store(1, { nbf: at(-90_000), exp: at(-80_000), _id: `bad-${index}` });
    const toOpen = await store(3, { nbf: at(-1_000), exp: at(600_000) });
    const toClose = await store(3, { ...overdue, status: 'active' });
    const upcoming = await store(3, { nbf: at(2_500), exp: at(600_000) });
    await store(1, { nbf: at(2_000), exp: at(600_000), _id: 'not yet due' });

    const worker = await TestProcess.start('worker', service, {
      SWEEP_INTERVAL_MS: '2000',
      LOG_LEVEL: 'error',
    });
    try {
      await until(
        async () => (await tracked('goal.expired')).filter((id) => toClose.includes(id)).length === 3,
      );
      await until(
        async () => (await tracked('goal.activated')).filter((id) => toOpen.includes(id)).length === 3,
      );
      await until(
        async () => (await tracked('goal.activated')).filter((id) => upcoming.includes(id)).length === 3,
      );
      const skipped = async () =>
        (await readMetrics(worker.url)).value('goalpost_goals_skipped_total', { task: 'sweep' });
      const first = await skipped();
      expect(first).toBeGreaterThanOrEqual(250);
      await until(async () => (await skipped()) >= first + 250);
      const about = (id: string) =>
        linesOf(worker).filter(({ goal_id, msg }) => goal_id === id && msg.includes('is left out'));
      expect(about('bad-0')).toHaveLength(1);
      expect(about('bad-249')).toHaveLength(1);
      expect(about('a goal of another writer')).toHaveLength(1);
      expect(about('7')).toHaveLength(1);
    } finally {
      await worker.end('SIGTERM');
    }
  }, 60_000);
});
