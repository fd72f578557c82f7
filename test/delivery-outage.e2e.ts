import { showBody, until } from './client.js';
import type { PushedEvent, PusherSink } from './pusher-sink.js';
import { scale, useService } from './service.js';
import { eachOnce, effectsOf, eventIds, mapAtOnce } from './show-effects.js';

/** What a new show pushes; its funding goal, whose countdown it ends, has events of its own. */
const ofShow = (events: PushedEvent[]) =>
  events.filter(({ name }) => ['goal.added', 'stream.authorized'].includes(name));

describe('a Pusher that does not answer', () => {
  const service = useService({ PUSHER_TIMEOUT_MS: '9000', WORKER_CONCURRENCY: '4' }, { sink: true });
  const { queues, sink } = service;

  it('delays nothing but what goes through it, and gets each push once when it is back', async () => {
    const funded = await mapAtOnce(
      Array.from({ length: 21 }, () => service.client()),
      8,
      async (streamer) => ({ streamer, ...(await streamer.openFundedSession()) }),
    );
    await queues.settled();
    const before = sink.accepted.length;
    const triedBefore = sink.tried.length;
    sink.misbehave('*', 'hang');

    const create = async ({ streamer, sessionId, fundingGoalId }: (typeof funded)[number]) => ({
      streamer,
      sessionId,
      fundingGoalId,
      goalId: await streamer.createGoal('show', showBody(sessionId, fundingGoalId)),
    });
    const first = await create(funded[0]!);
    await until(async () => sink.hanging === 2);
    const shows = [first, ...(await mapAtOnce(funded.slice(1), 8, create))];
    await until(async () => {
      const effects = await Promise.all(shows.map((show) => effectsOf(service, show)));
      return effects.every((each) => JSON.stringify(each) === JSON.stringify(eachOnce));
    });
    // All that while no call to Pusher had ended: four goals at most were published within their jobs, a worker's four slots for
    // pushes were taken by the next ones, and it publishes the changes of 24 goals at once.
    await until(async () => sink.tried.length >= triedBefore + 8 * scale);
    expect(sink.tried.length).toBeLessThanOrEqual(triedBefore + (16 + 24) * scale);
    expect(sink.hanging).toBeGreaterThan(1);
    expect(await queues.of('deliveries.push').count()).toBeGreaterThanOrEqual(shows.length - 4 * scale);

    sink.behave();
    sink.cutHanging();
    await until(async () => ofShow(sink.accepted.slice(before)).length >= 2 * shows.length, 20_000);
    await queues.settled();
    const pushed = ofShow(sink.accepted.slice(before));
    const expected = shows.flatMap(({ streamer: { userId }, goalId }) => [
      `goal.added private-stream@${userId} ${goalId} ${eventIds(goalId).added}`,
      `stream.authorized presence-enc-stream-viewer@${userId}.sd.${userId}`,
    ]);
    const seen = pushed.map(({ name, channel, data }) =>
      [name, channel, data.goal_id, data.event_id].filter(Boolean).join(' '),
    );
    expect(seen.toSorted()).toEqual(expected.toSorted());
    for (const show of shows) expect(await effectsOf(service, show)).toEqual(eachOnce);
  });
});

describe('a Pusher that becomes slow', () => {
  const service = useService({ PUSHER_TIMEOUT_MS: '9000' }, { sink: true });
  const { queues, sink } = service;

  it.each<[name: string, end: (sink: PusherSink) => void, tries: number]>([
    ['takes the call after all', (late) => late.acceptHanging(), 1],
    ['breaks it off', (late) => late.cutHanging(), 2],
  ])('and %s gets each push once, and holds up no goal', async (_, end, tries) => {
    const streamer = service.client();
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    await queues.settled();
    const sentBefore = sink.accepted.length;
    const triedBefore = sink.tried.length;
    const tried = () => ofShow(sink.tried.slice(triedBefore));
    sink.misbehave('*', 'hang');
    const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    await until(async () => tried().length === 2);
    await until(async () => (await queues.of('create_goal').getJob(goalId)) === null);
    expect(sink.accepted).toHaveLength(sentBefore);
    sink.behave();
    end(sink);
    await queues.settled();
    const published = ofShow(sink.accepted.slice(sentBefore)).map(({ name }) => name);
    expect(published.toSorted()).toEqual(['goal.added', 'stream.authorized']);
    expect(tried()).toHaveLength(2 * tries);
  });
});
