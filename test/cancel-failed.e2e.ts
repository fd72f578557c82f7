import type { Goal } from '#contracts';
import { toObjectId } from '#platform';
import { showBody, until } from './client.js';
import { useService } from './service.js';
import { eachOnce, effectsOf } from './show-effects.js';

describe('a show goal that failed and is cancelled', () => {
  const service = useService({ DELIVERY_ATTEMPTS: '2' });
  const { queues } = service;
  const streamer = service.client();

  const cancel = (goalId: string) => streamer.send<Goal>('DELETE', `/goals/${goalId}`);
  const isFailed = (goalId: string) => async () => (await streamer.goal(goalId)).status === 'failed';
  const cancelledEvents = async (goalId: string) =>
    (await service.documents('analytics_event', { goal_id: goalId, event: 'goal.cancelled' })).length;

  /** Creates a show while no worker runs, and lets one find what was done meanwhile. */
  async function failing(
    meddle: (show: { sessionId: string; fundingGoalId: string; goalId: string }) => Promise<unknown>,
  ) {
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    await queues.settled();
    await service.stopWorker();
    const goalId = await streamer
      .createGoal('show', showBody(sessionId, fundingGoalId))
      .finally(() => undefined);
    await meddle({ sessionId, fundingGoalId, goalId });
    await service.startWorker();
    await until(isFailed(goalId));
    return { sessionId, fundingGoalId, goalId };
  }

  /** Its job is dead and it is not stored: MongoDB refused it for a while. */
  async function deadJob() {
    const refuse = (validator: object) => service.mongo.db!.command({ collMod: 'goal', validator });
    const show = await failing(({ goalId }) => refuse({ _id: { $ne: toObjectId(goalId) } }));
    const job = await queues.dead('create_goal', show.goalId);
    await refuse({});
    return { ...show, job };
  }

  const inSession = (sessionId: string, show_goal_pairs: object[]) =>
    service.mongo
      .collection('session')
      .updateOne({ _id: toObjectId(sessionId) }, { $set: { show_goal_pairs } });

  async function expectPlaceFree({ sessionId, fundingGoalId }: { sessionId: string; fundingGoalId: string }) {
    const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    await until(async () => (await streamer.session(sessionId)).show_goal_pairs[0]?.show_goal === goalId);
    await queues.settled();
    expect(await effectsOf(service, { goalId, fundingGoalId })).toEqual(eachOnce);
    expect((await streamer.goal(goalId)).status).toBe('active');
  }

  it('leaves its place and shows as cancelled where its job is dead, also when it is cancelled twice at once', async () => {
    const { job, ...show } = await deadJob();
    const answers = await Promise.all([cancel(show.goalId), cancel(show.goalId), cancel(show.goalId)]);
    for (const answer of [...answers, await cancel(show.goalId)])
      expect(answer).toMatchObject({
        status: 200,
        body: {
          status: 'cancelled',
          reason: 'cancelled',
          active: false,
          context: { funding_goal_id: show.fundingGoalId },
        },
      });
    expect(await streamer.goal(show.goalId)).toMatchObject({ status: 'cancelled' });
    expect(await queues.of('create_goal').getJob(job.id)).toBeNull();
    await expectPlaceFree(show);
    await until(async () => (await cancelledEvents(show.goalId)) > 0);
    expect(await cancelledEvents(show.goalId)).toBe(1);
  });

  it('leaves its place where it is stored and no pair had it, and no replay binds it', async () => {
    let pairs: object[] = [];
    const show = await failing(async ({ sessionId, fundingGoalId }) => {
      pairs = [{ funding_goal: toObjectId(fundingGoalId), show_goal: null }];
      await inSession(sessionId, []);
    });
    const dead = await queues.deadDelivery('deliveries', show.goalId, 'bind-show-to-session');
    await inSession(show.sessionId, pairs);
    expect(await cancel(show.goalId)).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    await dead.retry();
    await queues.settled();
    expect((await streamer.session(show.sessionId)).show_goal_pairs[0]?.show_goal).toBeNull();
    await expectPlaceFree(show);
    expect(await streamer.goal(show.goalId)).toMatchObject({ status: 'cancelled' });
    await until(async () => (await cancelledEvents(show.goalId)) > 0);
    expect(await cancelledEvents(show.goalId)).toBe(1);
  });

  it('comes to one end where a replay races it: cancelled, in the pair or not', async () => {
    for (let round = 0; round < 8; round++) {
      const { job, ...show } = await deadJob();
      const [answer] = await Promise.all([cancel(show.goalId), job.retry().catch(() => undefined)]);
      expect([200, 409]).toContain(answer.status);
      await queues.settled();
      await until(async () => (await cancel(show.goalId)).status === 200);
      expect((await streamer.goal(show.goalId)).status).toBe('cancelled');
      const standing = (await streamer.session(show.sessionId)).show_goal_pairs[0]?.show_goal;
      if (standing === null) await expectPlaceFree(show);
      else expect(standing).toBe(show.goalId);
    }
  }, 60_000);
});
