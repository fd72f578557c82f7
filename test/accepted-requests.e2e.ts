import { newId, toObjectId } from '#platform';
import { type Client, fundingBody, showBody, timedBody, until } from './client.js';
import { useService } from './service.js';
import { eachOnce, effectsOf, mapAtOnce } from './show-effects.js';

describe('goals that are accepted and not stored', () => {
  const service = useService({ SWEEP_INTERVAL_MS: '500', RATE_LIMIT: 'off' });

  /** Loses all that Redis has of the service, as a server does that comes back empty. */
  const emptyRedis = async () => service.forget(await service.keys());

  const requestOf = (goalId: string) => service.documents('goal_request', { goal_id: toObjectId(goalId) });

  it('are all created after Redis came back empty, were there to be read, and kept their places', async () => {
    const streamers = Array.from({ length: 20 }, () => service.client());
    const stages = await mapAtOnce(streamers, 20, async (streamer) => ({
      streamer,
      ...(await streamer.openFundedSession()),
    }));
    await service.queues.settled();
    await service.stopWorker();
    /** A request that claims a place twice over, and one that claims none. */
    const accepted = await mapAtOnce(stages, 20, async ({ streamer, sessionId, fundingGoalId }) => ({
      streamer,
      sessionId,
      fundingGoalId,
      show: await streamer.createGoal('show', showBody(sessionId, fundingGoalId)),
      karaoke: await streamer.createGoal('karaoke', timedBody(sessionId)),
      funding: await streamer.createGoal('show_funding', fundingBody(sessionId)),
    }));
    await emptyRedis();
    for (const { streamer, sessionId, fundingGoalId, show, karaoke, funding } of accepted) {
      for (const goalId of [show, karaoke, funding])
        expect(await streamer.get(`/goals/${goalId}`)).toMatchObject({
          status: 200,
          body: { status: 'pending' },
        });
      const again = await streamer.post('/goals?goal_type=show', showBody(sessionId, fundingGoalId));
      expect(again).toMatchObject({ status: 409, body: { code: 'create_in_flight', goal_id: show } });
      const karaokeAgain = await streamer.post('/goals?goal_type=karaoke', timedBody(sessionId));
      expect(karaokeAgain).toMatchObject({
        status: 409,
        body: { code: 'create_in_flight', goal_id: karaoke },
      });
    }
    await service.startWorker();
    for (const { streamer, sessionId, fundingGoalId, show, karaoke, funding } of accepted) {
      await until(async () => {
        const session = await streamer.session(sessionId);
        const pairs = session.show_goal_pairs.map(
          ({ funding_goal, show_goal }) => `${funding_goal} ${show_goal}`,
        );
        return (
          session.karaoke_goal === karaoke &&
          pairs.includes(`${fundingGoalId} ${show}`) &&
          pairs.includes(`${funding} null`)
        );
      });
    }
    await service.queues.settled();
    for (const { show, fundingGoalId } of accepted)
      expect(await effectsOf(service, { goalId: show, fundingGoalId })).toEqual(eachOnce);
  }, 60_000);

  it('are created though the api died before it queued them', async () => {
    const streamer = service.client();
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    await service.queues.settled();
    await service.stopWorker();
    const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    await (await service.queues.of('create_goal').getJob(goalId))!.remove();
    await service.startWorker();
    await until(async () => (await streamer.session(sessionId)).show_goal_pairs[0]?.show_goal === goalId);
    await service.queues.settled();
    expect(await effectsOf(service, { goalId, fundingGoalId })).toEqual(eachOnce);
  });

  it('are bound, fed and tracked though Redis was emptied right after they were stored', async () => {
    const streamer = service.client();
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    await service.queues.settled();
    await service.stopWorker();
    const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    // As a worker leaves it that dies between the goal and its event.
    const [request] = await requestOf(goalId);
    const { goal_id: _id, active, nbf, exp, ...goal } = (request as { goal: Record<string, string> }).goal;
    await service.mongo.collection('goal').insertOne({
      _id: toObjectId(goalId),
      ...goal,
      active,
      status: 'active',
      version: 0,
      nbf: new Date(nbf!),
      exp: new Date(exp!),
      created_at: new Date(),
    });
    await emptyRedis();
    await service.startWorker();
    await until(async () => (await requestOf(goalId))[0]?.stored === true, 30_000);
    expect(await effectsOf(service, { goalId, fundingGoalId })).toEqual(eachOnce);
  });

  it('get what they lack though Redis says that all of it was done', async () => {
    const streamer = service.client();
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    await service.queues.settled();
    const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    await until(async () => (await service.documents('livestream_feed', { goal: toObjectId(goalId) }))[0]);
    await service.queues.settled();
    await service.mongo.collection('livestream_feed').deleteOne({ goal: toObjectId(goalId) });
    await service.mongo.collection('analytics_event').deleteOne({ goal_id: goalId });
    await until(async () => (await requestOf(goalId))[0]?.stored === true, 30_000);
    expect(await effectsOf(service, { goalId, fundingGoalId })).toEqual(eachOnce);
  });

  it('keep no request once they are stored, unless it holds a place', async () => {
    const streamer = service.client();
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    const show = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    await until(async () => (await requestOf(fundingGoalId)).length === 0);
    await until(async () => (await requestOf(show))[0]?.stored === true);
    expect(await requestOf(show)).toMatchObject([{ _id: `pair:${fundingGoalId}`, v: 1 }]);
  });

  it('hand their place on once they have failed, where it holds one goal at a time', async () => {
    const streamer: Client = service.client();
    const sessionId = await streamer.openSession();
    await service.stopWorker();
    const failed = await streamer.createGoal('karaoke', timedBody(sessionId));
    await service.mongo
      .collection('goal_request')
      .updateOne(
        { goal_id: toObjectId(failed) },
        { $set: { failed: { reason: 'refused', failure_id: newId() } } },
      );
    expect(await streamer.goal(failed)).toMatchObject({ status: 'failed', reason: 'refused' });
    const next = await streamer.createGoal('karaoke', timedBody(sessionId));
    expect(await requestOf(failed)).toEqual([]);
    expect(await requestOf(next)).toMatchObject([{ _id: `karaoke_goal:${sessionId}` }]);
    await service.startWorker();
  });
});
