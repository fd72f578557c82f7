import type { Goal } from '#contracts';
import { fundingBody, timedBody, until } from './client.js';
import { useService } from './service.js';

interface Tracked {
  event: string;
  created_at: Date;
  properties: { scheduled_for: string | null; status: string; version: number; reason?: string };
}

describe('the life of a goal', () => {
  const service = useService();
  const streamer = service.client();
  let sessionId: string;

  beforeEach(async () => {
    sessionId = await streamer.openSession();
  });

  const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
  const steps = async (goalId: string): Promise<Tracked[]> => {
    const tracked = (await service.documents('analytics_event', { goal_id: goalId })) as unknown as Tracked[];
    return tracked.filter(({ event }) => event !== 'goal.created');
  };
  const stepNames = async (goalId: string) => (await steps(goalId)).map(({ event }) => event).toSorted();

  it('is scheduled, opens at nbf and expires at exp, and says so once each', async () => {
    const window = { nbf: inMs(700), exp: inMs(1500) };
    const goalId = await streamer.createGoal('show_funding', timedBody(sessionId, {}, window));
    await until(async () => (await streamer.goal(goalId)).status === 'scheduled');
    expect((await streamer.goal(goalId)).active).toBe(false);
    await until(async () => (await streamer.goal(goalId)).status === 'active');
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(window.nbf));
    // What its exp means for a funding goal follows: goal.updated tells its outcome.
    await until(async () => (await steps(goalId)).length >= 3);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(window.exp));

    expect(await streamer.goal(goalId)).toMatchObject({ status: 'expired', active: false });
    const told = await steps(goalId);
    const [activated, expired] = ['goal.activated', 'goal.expired'].map((name) =>
      told.find(({ event }) => event === name),
    );
    expect(activated).toMatchObject({
      event: 'goal.activated',
      properties: { scheduled_for: window.nbf, status: 'active' },
    });
    expect(expired).toMatchObject({
      event: 'goal.expired',
      properties: { scheduled_for: window.exp, status: 'expired' },
    });
    expect(expired!.properties.version).toBeGreaterThan(activated!.properties.version);
    expect(expired!.created_at.getTime()).toBeGreaterThanOrEqual(Date.parse(window.exp));
    expect(await stepNames(goalId)).toEqual(['goal.activated', 'goal.expired', 'goal.updated']);
    const pushed = await service.redis.lrange(`${service.prefix}:realtime:recorded`, 0, -1);
    expect(pushed.filter((line) => line.includes('"goal.expired"') && line.includes(goalId))).toHaveLength(1);
  });

  it('is active at once where nbf has passed, and still says so', async () => {
    const goalId = await streamer.createGoal('trigger_private', timedBody(sessionId));
    await until(async () => (await stepNames(goalId)).length > 0);
    expect(await stepNames(goalId)).toEqual(['goal.activated']);
  });

  it('sets no timers for karaoke goals, which are active from the first moment', async () => {
    const karaoke = await streamer.createGoal('karaoke', timedBody(sessionId, {}, { exp: inMs(400) }));
    const timed = await streamer.createGoal(
      'trigger_exclusive',
      timedBody(sessionId, {}, { exp: inMs(500) }),
    );
    await until(async () => (await streamer.goal(timed)).status === 'expired');
    expect((await streamer.goal(karaoke)).status).toBe('active');
    expect(await stepNames(karaoke)).toEqual([]);

    const timers = async (goalId: string) =>
      (await service.keys()).filter((key) => key.includes(`:lifecycle:${goalId}`));
    const other = await streamer.openSession();
    const [timeless, bounded] = [
      await streamer.createGoal('karaoke', timedBody(other)),
      await streamer.createGoal('trigger_private', timedBody(other)),
    ];
    await until(async () => (await streamer.session(other)).karaoke_goal === timeless);
    await until(async () => (await timers(bounded)).length > 0);
    expect(await timers(timeless)).toEqual([]);
  });

  it('is cancelled by its streamer, once, and expires no more', async () => {
    const goalId = await streamer.createGoal('show_funding', timedBody(sessionId, {}, { exp: inMs(900) }));
    await until(async () => (await streamer.goal(goalId)).status === 'active');
    const [first, again] = await Promise.all([
      streamer.send<Goal>('DELETE', `/goals/${goalId}`),
      streamer.send<Goal>('DELETE', `/goals/${goalId}`),
    ]);
    for (const answer of [first, again])
      expect(answer).toMatchObject({
        status: 200,
        body: { status: 'cancelled', active: false, reason: 'cancelled' },
      });
    await until(async () => (await stepNames(goalId)).includes('goal.cancelled'));

    const other = await streamer.createGoal('trigger_private', timedBody(sessionId, {}, { exp: inMs(900) }));
    await until(async () => (await streamer.goal(other)).status === 'expired');
    expect((await streamer.goal(goalId)).status).toBe('cancelled');
    const ownSteps = (await stepNames(goalId)).filter((step) => step !== 'goal.settled');
    expect(ownSteps).toEqual(['goal.activated', 'goal.cancelled']);
    const late = await streamer.send('DELETE', `/goals/${other}`);
    expect(late).toMatchObject({ status: 409, body: { code: 'goal_over' } });
  });

  it('is cancelled by nobody else but an admin or a service', async () => {
    const goalId = await streamer.createGoal('show_funding', fundingBody(sessionId));
    await until(async () => (await streamer.goal(goalId)).status === 'active');
    const stranger = await service.client().send('DELETE', `/goals/${goalId}`);
    expect(stranger).toMatchObject({ status: 403, body: { code: 'not_your_session' } });
    for (const roles of [['streamer'], []]) {
      const other = await service.client(undefined, roles).send('DELETE', `/goals/${goalId}`);
      expect(other).toMatchObject({ status: 403, body: { code: 'not_your_session' } });
    }
    expect((await streamer.goal(goalId)).status).toBe('active');
    for (const role of ['admin', 'service']) {
      const cancelled = await streamer.createGoal('show_funding', fundingBody(sessionId));
      await until(async () => (await streamer.goal(cancelled)).status === 'active');
      const answer = await service.client(undefined, [role]).send('DELETE', `/goals/${cancelled}`);
      expect(answer).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    }
    const nowhere = await streamer.send('DELETE', '/goals/0123456789abcdef01234567');
    expect(nowhere).toMatchObject({ status: 404, body: { code: 'goal_not_found' } });
  });

  it('ends with its session, for that reason, and the session takes no more', async () => {
    const open = await streamer.createGoal('show_funding', fundingBody(sessionId));
    const karaoke = await streamer.createGoal('karaoke', timedBody(sessionId));
    const over = await streamer.createGoal('trigger_exclusive', fundingBody(sessionId));
    await until(async () => (await streamer.goal(over)).status === 'active');
    await streamer.send('DELETE', `/goals/${over}`);
    for (const goalId of [open, karaoke])
      await until(async () => (await streamer.goal(goalId)).status === 'active');

    const stranger = await service.client().post(`/sessions/${sessionId}/end`);
    expect(stranger).toMatchObject({ status: 403, body: { code: 'not_your_session' } });
    expect(await streamer.post(`/sessions/${sessionId}/end`)).toMatchObject({
      status: 200,
      body: { active: false },
    });
    expect((await streamer.post(`/sessions/${sessionId}/end`)).status).toBe(200);
    for (const goalId of [open, karaoke]) {
      await until(async () => (await stepNames(goalId)).includes('goal.cancelled'));
      expect(await streamer.goal(goalId)).toMatchObject({ status: 'cancelled', reason: 'session_ended' });
      expect((await stepNames(goalId)).filter((name) => name === 'goal.cancelled')).toHaveLength(1);
    }
    expect(await streamer.goal(over)).toMatchObject({ status: 'cancelled', reason: 'cancelled' });
    const refused = await streamer.post('/goals?goal_type=karaoke', timedBody(sessionId));
    expect(refused).toMatchObject({ status: 409, body: { code: 'session_ended' } });
  });

  it('ends with its session also when it was accepted just before and stored after', async () => {
    await service.stopWorker();
    try {
      const goalId = await streamer.createGoal('karaoke', timedBody(sessionId));
      await streamer.post(`/sessions/${sessionId}/end`);
      await service.startWorker();
      await until(async () => (await stepNames(goalId)).includes('goal.cancelled'));
      expect(await streamer.goal(goalId)).toMatchObject({ status: 'cancelled', reason: 'session_ended' });
    } finally {
      if (!service.worker) await service.startWorker();
    }
  });

  it('is found by class and by state, page by page', async () => {
    const karaoke = await streamer.createGoal('karaoke', timedBody(sessionId));
    const fundings = [1, 2, 3].map(() => streamer.createGoal('show_funding', fundingBody(sessionId)));
    const [cancelled] = await Promise.all(fundings);
    const all = [karaoke, ...(await Promise.all(fundings))];
    for (const goalId of all) await until(async () => (await streamer.goal(goalId)).status === 'active');
    await streamer.send('DELETE', `/goals/${cancelled}`);

    type Page = { items: Goal[]; next_cursor: string | null };
    const read = async (path: string): Promise<string[]> => {
      const ids: string[] = [];
      let cursor: string | null = '';
      do {
        const { body }: { body: Page } = await streamer.get<Page>(
          `${path}&limit=1${cursor && `&cursor=${cursor}`}`,
        );
        ids.push(...body.items.map(({ goal_id }) => goal_id));
        cursor = body.next_cursor;
      } while (cursor);
      return ids.toSorted();
    };
    const open = all.filter((goalId) => goalId !== karaoke && goalId !== cancelled).toSorted();
    expect(await read(`/sessions/${sessionId}/goals?goal_type=show_funding&status=active`)).toEqual(open);
    expect(await read(`/sessions/${sessionId}/goals?goal_type=karaoke`)).toEqual([karaoke]);
    expect(await read(`/goals?goal_type=show_funding&status=active`)).toEqual(expect.arrayContaining(open));
    expect(await read(`/goals?status=cancelled`)).toContain(cancelled);
    expect(await streamer.get('/goals?status=gone')).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/status' }] },
    });
  });
});
