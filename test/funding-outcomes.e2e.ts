import type { Goal } from '#contracts';
import { newId } from '#platform';
import { FundingGoal, FundingScene, inMs } from './funding-scene.js';
import { useService } from './service.js';

const hourMs = 3_600_000;
const moment = (iso: string | null) => new Date(iso!).getTime();

describe('the outcome of a funding goal', () => {
  const service = useService({ SETTLE_GRACE_SECONDS: '1' });
  const scene = new FundingScene(service);

  /** Holds that a goal is settled as this, for good, that this was told once, and what it says of its tickets. */
  async function endsAs(
    goal: FundingGoal,
    expected: Pick<Goal, 'outcome' | 'void_reason'>,
    sold: { source_id: string; amount: number }[],
  ): Promise<void> {
    const settled = await goal.settled();
    expect(settled).toMatchObject(expected);
    const sums = { tickets: sold.length, total: sold.reduce((sum, { amount }) => sum + amount, 0) };
    expect((await goal.event('goal.settled')).properties).toMatchObject({ ...expected, ...sums });
    const { status, body } = await goal.settlement();
    expect(status).toBe(200);
    const action = expected.outcome === 'delivered' ? 'capture' : 'release';
    expect(body).toEqual({
      ...expected,
      ...sums,
      settled_at: settled.settled_at,
      items: sold.map((ticket) => ({ ...ticket, user_id: expect.any(String), action })),
      next_cursor: null,
    });
    await Promise.all([goal.look(), goal.look(), goal.endSession()]);
    await service.queues.settled();
    expect(await goal.get()).toMatchObject({ ...expected, settled_at: settled.settled_at });
    expect(await goal.events('goal.settled')).toHaveLength(1);
  }

  it('is funded at its exp, and void as not_started without a show in time', async () => {
    const goal = await scene.open(hourMs);
    expect(await goal.get()).toMatchObject({ outcome: 'open', settle_by: null, settled_at: null });
    expect((await goal.settlement()).body).toMatchObject({ status: 409, code: 'not_settled' });
    const source_id = await goal.sell(5);
    await goal.endCountdown();
    const funded = await goal.has('funded');
    expect(moment(funded.settle_by)).toBe(moment(funded.exp) + 1_000);
    expect((await goal.event('goal.updated')).properties.changes).toEqual(['outcome', 'settle_by']);
    await goal.settled();
    expect((await goal.postShow()).body).toMatchObject({ status: 409, code: 'funding_settled' });
    expect((await goal.cancel()).body).toMatchObject({ status: 409, code: 'goal_over' });
    await endsAs(goal, { outcome: 'void', void_reason: 'not_started' }, [{ source_id, amount: 5 }]);
    expect(moment((await goal.get()).settled_at)).toBeGreaterThanOrEqual(moment(funded.settle_by));
    expect(await goal.events('goal.expired')).toHaveLength(1);
  });

  it('is decided by its own timers, at exp and at settle_by', async () => {
    const sessionId = await scene.streamer.openSession();
    const goalId = await scene.streamer.createGoal('show_funding', {
      levels: [{ target: 5 }],
      context: { session_id: sessionId },
      exp: inMs(1_000),
    });
    const goal = new FundingGoal(service, scene, sessionId, goalId);
    await endsAs(goal, { outcome: 'void', void_reason: 'underfunded' }, []);
    const { exp, settle_by } = await goal.get();
    expect(moment(settle_by)).toBe(moment(exp) + 1_000);
    expect(await goal.events('goal.expired')).toHaveLength(1);
  });

  it('is underfunded at its exp below minimum_level, and void as that without a show in time', async () => {
    const goal = await scene.open(hourMs, { minimum_level: 2 });
    const source_id = await goal.sell(9);
    await goal.endCountdown();
    await goal.has('underfunded');
    await endsAs(goal, { outcome: 'void', void_reason: 'underfunded' }, [{ source_id, amount: 9 }]);
  });

  it.each([
    ['delivered', true, 9],
    ['void as not_delivered', false, 4],
  ] as const)(
    'is %s with its show, which began before exp and outlasts settle_by',
    async (_, delivered, sum) => {
      const goal = await scene.open(hourMs);
      const source_id = await goal.sell(sum);
      const showGoalId = await goal.startShow();
      const begun = await goal.has(sum >= 5 ? 'funded' : 'underfunded');
      expect(begun).toMatchObject({ status: 'expired', active: false, settled_at: null });
      expect(Math.abs(moment(begun.settle_by) - Date.now() - 1_000)).toBeLessThan(3_000);
      const expired = await goal.event('goal.expired');
      expect(expired.properties).toMatchObject({ scheduled_for: begun.exp, status: 'expired' });
      const updated = await goal.event('goal.updated');
      expect(updated.properties.changes).toEqual(['context.show_goal_id', 'outcome', 'settle_by']);
      expect((await goal.cancel()).body).toMatchObject({
        status: 409,
        code: 'show_bound',
        goal_id: showGoalId,
      });
      expect((await goal.postShow()).body).toMatchObject({ code: 'already_bound', goal_id: showGoalId });
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, moment(begun.settle_by) - Date.now())));
      await goal.look();
      await service.queues.settled();
      expect((await goal.get()).settled_at).toBeNull();
      await goal.endShow(showGoalId, delivered);
      const verdict = {
        outcome: delivered ? 'delivered' : 'void',
        void_reason: delivered ? null : 'not_delivered',
      } as const;
      await endsAs(goal, verdict, [{ source_id, amount: sum }]);
    },
  );

  it('is delivered also if it is underfunded and its show comes between exp and settle_by', async () => {
    const goal = await scene.open(hourMs);
    const source_id = await goal.sell(1);
    await goal.endCountdown();
    await goal.has('underfunded');
    const showGoalId = await goal.startShow();
    expect((await goal.get()).outcome).toBe('underfunded');
    await goal.endShow(showGoalId, true);
    await endsAs(goal, { outcome: 'delivered', void_reason: null }, [{ source_id, amount: 1 }]);
  });

  it.each([
    ['while it is open', 1, 'open'],
    ['when its last level is reached', 10, 'open'],
    ['when its countdown has ended', 7, 'funded'],
  ] as const)('is void as cancelled %s', async (_, sum, outcome) => {
    const goal = await scene.open(hourMs);
    const source_id = await goal.sell(sum);
    if (outcome !== 'open') await goal.endCountdown();
    await goal.has(outcome);
    expect((await goal.cancel()).body).toMatchObject({ status: 'cancelled' });
    await endsAs(goal, { outcome: 'void', void_reason: 'cancelled' }, [{ source_id, amount: sum }]);
    expect((await goal.cancel()).status).toBe(200);
    expect((await goal.event('goal.cancelled')).properties).toMatchObject({ status: 'cancelled' });
  });

  it.each([
    ['open', 1, 'open', 'cancelled'],
    ['completed', 10, 'open', 'completed'],
    ['funded', 7, 'funded', 'expired'],
  ] as const)('is void as session_ended with its session if it is %s', async (_, sum, outcome, status) => {
    const goal = await scene.open(hourMs);
    const source_id = await goal.sell(sum);
    if (outcome !== 'open') await goal.endCountdown();
    await goal.has(outcome);
    await goal.endSession();
    await endsAs(goal, { outcome: 'void', void_reason: 'session_ended' }, [{ source_id, amount: sum }]);
    expect((await goal.get()).status).toBe(status);
  });

  it('is nothing that other classes have', async () => {
    const goal = await scene.open(hourMs);
    const karaoke = await scene.streamer.createGoal('karaoke', {
      levels: [{ target: 1 }],
      context: { session_id: goal.sessionId },
    });
    const none = { outcome: null, void_reason: null, settle_by: null, settled_at: null, minimum_level: null };
    expect(await scene.streamer.goal(karaoke)).toMatchObject(none);
  });

  it('is shown to nobody else, ticket by ticket', async () => {
    const goal = await scene.open(hourMs);
    const sold: string[] = [];
    for (let count = 0; count < 5; count++) sold.push(await goal.sell(1));
    await goal.cancel();
    await goal.settled();
    for (const other of [service.client(), service.client(newId(), [])])
      expect((await goal.settlement(other)).body).toMatchObject({ status: 403, code: 'not_your_session' });
    for (const client of [scene.platform, service.client(newId(), ['admin'])]) {
      const pages = [await goal.settlement(client, '?limit=2')];
      for (let cursor = pages[0]!.body.next_cursor; cursor; cursor = pages.at(-1)!.body.next_cursor)
        pages.push(await goal.settlement(client, `?limit=2&cursor=${cursor}`));
      expect(pages.map(({ body }) => body.items.length)).toEqual([2, 2, 1]);
      expect(pages.flatMap(({ body }) => body.items.map(({ source_id }) => source_id))).toEqual(sold);
      expect(pages.every(({ body }) => body.tickets === 5 && body.total === 5)).toBe(true);
    }
  });
});
