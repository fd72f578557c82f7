import { toObjectId } from '#platform';
import { showBody, timedBody, until } from './client.js';
import { runOperation } from './process.js';
import { useService } from './service.js';

describe('npm run goalpost', () => {
  const service = useService({ DELIVERY_ATTEMPTS: '2' }, { sink: true, perTest: true });
  const { queues, sink } = service;
  const streamer = service.client();

  const createShow = async () => {
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    await until(async () => (await streamer.session(sessionId)).show_goal_pairs[0]?.show_goal === goalId);
    return { sessionId, fundingGoalId, goalId };
  };
  const pushed = (goalId: string) =>
    sink.accepted.filter(({ name, data }) => name === 'goal.added' && data.goal_id === goalId).length;

  it('dead and replay show what ran out of tries and give it its tries again', async () => {
    sink.misbehave('goal.added', { status: 500 });
    const { goalId } = await createShow();
    await queues.deadDelivery('deliveries.push', goalId, 'notify');
    await queues.settled();
    const { lines } = await runOperation(service, 'dead');
    expect(lines.at(-1)).toBe('2 dead');
    const letters = lines.slice(0, -1).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(letters[1]).toMatchObject({
      event: 'goal.added',
      handler: 'notify',
      error: expect.stringContaining('500'),
      accepted_at: expect.any(String),
      died_at: expect.any(String),
    });
    expect(await runOperation(service, 'replay', 'deliveries.push/none')).toMatchObject({ code: 1 });
    sink.behave();
    expect(await runOperation(service, 'replay', String(letters[1]?.id))).toEqual({
      code: 0,
      lines: ['1 replayed'],
    });
    await until(async () => pushed(goalId) === 1);
    expect(await runOperation(service, 'replay', '--all')).toEqual({ code: 0, lines: ['1 replayed'] });
    await queues.settled();
    expect((await runOperation(service, 'dead')).lines).toEqual(['0 dead']);
    expect(pushed(goalId)).toBe(1);
  }, 60_000);

  it('reconcile finds goals that are not whole, and makes them whole, also after Redis has lost everything', async () => {
    const show = await createShow();
    const other = await createShow();
    const sessionId = await streamer.openSession();
    const karaoke = await streamer.createGoal('karaoke', timedBody(sessionId));
    await until(async () => (await streamer.session(sessionId)).karaoke_goal === karaoke);
    await queues.settled();
    const reconcile = (...more: string[]) => runOperation(service, 'reconcile', '--older-than', '0', ...more);
    expect(await reconcile()).toEqual({ code: 0, lines: ['nothing to do'] });

    // So that it is not the worker's sweeps which mend them.
    await service.stopWorker();
    const change = (collection: string, id: string, update: object) =>
      service.mongo.collection(collection).updateOne({ _id: toObjectId(id) }, update);
    await change('session', show.sessionId, { $set: { 'show_goal_pairs.0.show_goal': null } });
    await change('goal', show.fundingGoalId, { $unset: { 'context.show_goal_id': 1 } });
    await change('session', sessionId, { $set: { karaoke_goal: null } });
    await service.mongo.collection('livestream_feed').deleteMany({ goal: toObjectId(other.goalId) });
    await service.forget(await service.keys());

    const found = await reconcile();
    expect(found.code).toBe(1);
    expect(found.lines.slice(0, -1).map((line) => JSON.parse(line) as unknown)).toEqual([
      { goal_id: show.goalId, _cls: 'ShowGoal', missing: ['bind-show-to-session', 'bind-show-to-funding'] },
      { goal_id: other.goalId, _cls: 'ShowGoal', missing: ['feed'] },
      { goal_id: karaoke, _cls: 'KaraokeGoal', missing: ['bind-karaoke-to-session'] },
    ]);
    expect((await reconcile('--fix')).code).toBe(0);
    await service.startWorker();
    await queues.settled();
    expect(await reconcile()).toEqual({ code: 0, lines: ['nothing to do'] });
    expect((await streamer.session(show.sessionId)).show_goal_pairs[0]?.show_goal).toBe(show.goalId);
    expect((await streamer.goal(show.fundingGoalId)).context.show_goal_id).toBe(show.goalId);
    const feed = await service.documents('livestream_feed');
    expect(feed).toHaveLength(5);
    const events = await service.documents('analytics_event', { event: 'goal.created' });
    expect(events).toHaveLength(5);
  }, 60_000);

  it('indexes makes what a filled collection lacks', async () => {
    await createShow();
    const collections = ['goal', 'session', 'goal_contribution', 'livestream_feed', 'analytics_event'];
    const indexes = async () => {
      const named = await Promise.all(collections.map((name) => service.mongo.collection(name).indexes()));
      return named.map((found) => found.map(({ name }) => String(name)).toSorted());
    };
    const made = await indexes();
    for (const name of collections) await service.mongo.collection(name).dropIndexes();
    expect((await indexes()).flat()).toEqual(collections.map(() => '_id_'));
    expect(await runOperation(service, 'indexes')).toEqual({
      code: 0,
      lines: ['every declared index is there'],
    });
    expect(await indexes()).toEqual(made);
  }, 60_000);

  it('says how it is used', async () => {
    const wrong = [[], ['constructor'], ['dead', '--what']];
    const ended = await Promise.all(wrong.map((args) => runOperation(service, ...args)));
    expect(ended.map(({ code }) => code)).toEqual([2, 2, 2]);
  }, 60_000);
});
