import { idFrom } from '#platform';
import { timedBody, until } from './client.js';
import { shortLocks, TestProcess } from './process.js';
import { useService } from './service.js';
import { mapAtOnce } from './show-effects.js';

const goals = 300;
const spreadMs = 16_000;
const outage = { fromMs: 7_000, toMs: 7_500 };

interface Step {
  event: string;
  goal_id: string;
  created_at: Date;
  properties: { scheduled_for: string };
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

describe('timers', () => {
  const service = useService({}, { apps: ['api'], perTest: true });
  const streamer = service.client();

  const steps = async (event: string) =>
    (await service.documents('analytics_event', { event })) as unknown as Step[];

  it(`open and close ${goals} goals exactly once each, though the worker is killed in the middle`, async () => {
    let worker = await TestProcess.start('worker', service, shortLocks);
    try {
      const sessionId = await streamer.openSession();
      const begin = Date.now() + 3_000;
      const at = (ms: number) => new Date(begin + ms).toISOString();
      const ids = await mapAtOnce([...Array(goals).keys()], 50, (index) => {
        const nbf = (index * (spreadMs - 2_000)) / goals;
        return streamer.createGoal(
          'show_funding',
          timedBody(sessionId, {}, { nbf: at(nbf), exp: at(nbf + 2_000) }),
        );
      });
      await until(async () => Date.now() >= begin + outage.fromMs, 20_000);
      await worker.end('SIGKILL');
      await until(async () => Date.now() >= begin + outage.toMs, 20_000);
      worker = await TestProcess.start('worker', service, shortLocks);
      const backAt = Date.now();
      for (const event of ['goal.activated', 'goal.expired']) {
        await until(async () => (await steps(event)).length >= goals, 40_000);
        const seen = await steps(event);
        expect(seen.map(({ goal_id }) => goal_id).toSorted()).toEqual(ids.toSorted());
        const outside = seen.filter(({ properties }) => {
          const due = Date.parse(properties.scheduled_for);
          return due < begin + outage.fromMs - 500 || due > backAt + 500;
        });
        expect(outside.length).toBeGreaterThan(goals / 2);
        expect(
          median(
            outside.map((step) => step.created_at.getTime() - Date.parse(step.properties.scheduled_for)),
          ),
        ).toBeLessThan(200);
      }
      // Opened, and closed with its countdown, each once.
      const states = await service.documents('goal', { status: 'expired', active: false, version: 2 });
      expect(states).toHaveLength(goals);
    } finally {
      await worker.end('SIGTERM');
    }
  }, 90_000);

  it('that Redis lost all fire by the sweep', async () => {
    const worker = await TestProcess.start('worker', service, { SWEEP_INTERVAL_MS: '1000' });
    try {
      const sessionId = await streamer.openSession();
      const nbf = new Date(Date.now() + 2_500).toISOString();
      const ids = await Promise.all(
        Array.from({ length: 50 }, () =>
          streamer.createGoal('show_funding', timedBody(sessionId, {}, { nbf })),
        ),
      );
      await until(async () => (await service.documents('goal', { status: 'scheduled' })).length === 50);
      const timers = ['{PREFIX}:lifecycle:delayed', 'PREFIX:due:funding-timers'].map((key) =>
        key.replace('PREFIX', service.prefix),
      );
      const areSet = async (key: string) => (await service.redis.zcard(key)) >= 50;
      await until(async () => (await Promise.all(timers.map(areSet))).every(Boolean));
      await service.forget(await service.keys());
      await until(async () => (await steps('goal.activated')).length >= 50, 20_000);
      expect((await steps('goal.activated')).map(({ goal_id }) => goal_id).toSorted()).toEqual(
        ids.toSorted(),
      );
      expect(await service.documents('goal', { status: 'active' })).toHaveLength(50);
    } finally {
      await worker.end('SIGTERM');
    }
  }, 60_000);

  it('that were due while everything was down fire at the next start, opening before closing', async () => {
    const sessionId = await streamer.openSession();
    await service.startWorker();
    const window = {
      nbf: new Date(Date.now() + 600).toISOString(),
      exp: new Date(Date.now() + 900).toISOString(),
    };
    const goalId = await streamer.createGoal('trigger_exclusive', timedBody(sessionId, {}, window));
    await until(async () => (await streamer.goal(goalId)).status === 'scheduled');
    await service.stopWorker();
    await service.forget(await service.keys());
    await until(async () => Date.now() > Date.parse(window.exp));
    await service.startWorker();
    await until(async () => (await steps('goal.expired')).length > 0);
    expect((await steps('goal.activated')).map(({ goal_id }) => goal_id)).toEqual([goalId]);
    expect((await streamer.goal(goalId)).status).toBe('expired');
    // The ledger is written after what the handler stores.
    const ledger = `${service.prefix}:ledger:${idFrom('goal.expired', goalId)}`;
    await until(async () => (await service.redis.hkeys(ledger)).includes('track-lifecycle'));
  });
});
