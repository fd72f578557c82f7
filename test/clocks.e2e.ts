import { newId, toObjectId } from '#platform';
import { Client, timedBody, until } from './client.js';
import { TestProcess } from './process.js';
import { useService } from './service.js';

const preload = `--require ${new URL('shifted-clock.cjs', import.meta.url).pathname}`;

describe('processes whose clocks differ', () => {
  const service = useService({}, { apps: [], perTest: true });

  const start = (app: 'api' | 'worker', shiftMs: number): Promise<TestProcess> =>
    TestProcess.start(app, service, { NODE_OPTIONS: preload, CLOCK_SHIFT_MS: String(shiftMs) });

  const storedGoal = async (goalId: string) =>
    (await service.documents('goal', { _id: toObjectId(goalId) }))[0] as Record<string, Date> | undefined;

  it.each([
    ['ahead of', 5_000, 0],
    ['behind', 0, 5_000],
    ['far from', -5_000, 5_000],
  ])(
    'take money for a goal at once, and up to its exp: an api %s its worker',
    async (_, apiMs, workerMs) => {
      const [api] = await Promise.all([start('api', apiMs), start('worker', workerMs)]);
      const streamer = new Client(api.url);
      const platform = new Client(api.url, newId(), ['service']);
      const sessionId = await streamer.openSession();
      const askedAt = Date.now();
      const exp = askedAt + 8_000;
      const window = { exp: new Date(exp).toISOString() };
      const goalId = await streamer.createGoal('show_funding', timedBody(sessionId, {}, window));
      const give = (source_id: string) =>
        platform.post(`/goals/${goalId}/contributions`, { source_id, user_id: 'u', amount: 1 });
      let gifts = 0;
      await until(async () => (await give(`first-${gifts++}`)).status === 201);
      expect(Date.now() - askedAt).toBeLessThan(2_500);
      expect(Date.parse((await streamer.goal(goalId)).nbf) - askedAt).toBeLessThan(2_500);
      await until(async () => Date.now() > exp - 1_500);
      expect(await give('last')).toMatchObject({ status: 201 });
      await until(async () => (await storedGoal(goalId))?.ended_at);
      const late = Date.now() - exp;
      expect(late).toBeGreaterThanOrEqual(-10);
      expect(late).toBeLessThan(2_500);
      expect((await give('too late')).status).toBe(409);
    },
    60_000,
  );

  it('open and close goals at their time, whichever worker wakes first', async () => {
    const [api] = await Promise.all([start('api', -3_000), start('worker', 5_000), start('worker', 0)]);
    const streamer = new Client(api.url);
    const sessionId = await streamer.openSession();
    const begin = Date.now() + 5_000;
    const goalIds = await Promise.all(
      Array.from({ length: 10 }, () =>
        streamer.createGoal(
          'show_funding',
          timedBody(sessionId, {}, { nbf: begin / 1000, exp: begin / 1000 + 2 }),
        ),
      ),
    );
    for (const goalId of goalIds) {
      const goal = await until(async () => {
        const stored = await storedGoal(goalId);
        return stored?.ended_at && stored;
      });
      for (const late of [goal.activated_at!.getTime() - begin, goal.ended_at!.getTime() - begin - 2_000]) {
        expect(late).toBeGreaterThanOrEqual(-10);
        expect(late).toBeLessThan(1_500);
      }
    }
    const expired = () => service.documents('analytics_event', { event: 'goal.expired' });
    await until(async () => (await expired()).length === goalIds.length);
  }, 60_000);
});
