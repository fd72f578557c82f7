import { bootWorker } from '#worker';
import { type Client, showBody } from './client.js';
import type { CapturedJob } from './queues.js';
import { useService } from './service.js';
import { createShow, eachOnce, effectsOf, eventIds, mapAtOnce, type Show } from './show-effects.js';

describe('what is delivered more than once', () => {
  const service = useService({}, { sink: true });
  const { queues, sink } = service;
  let streamer: Client;

  beforeEach(() => {
    streamer = service.client();
  });

  /** Creates a show and notes each job of its path while its queue is paused. */
  async function createCaptured(): Promise<Show & { jobs: CapturedJob[] }> {
    // A Pusher that was slow a moment ago gets its events by jobs.
    sink.misbehave('*', { afterMs: 150 });
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    await queues.settled();
    sink.behave();
    const path = ['create_goal', 'analytics.track', 'deliveries.push'];
    await Promise.all(path.map((queue) => queues.of(queue).pause()));
    const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    const { created, added } = eventIds(goalId);
    const jobs = [await queues.capture('create_goal', goalId)];
    await queues.of('create_goal').resume();
    jobs.push(
      await queues.capture('analytics.track', created),
      await queues.capture('deliveries.push', added),
    );
    await Promise.all(path.map((queue) => queues.of(queue).resume()));
    await queues.settled();
    return { sessionId, fundingGoalId, goalId, jobs };
  }

  const pushesTo = ({ userId }: Client) =>
    sink.accepted
      .filter(({ channel, data }) => channel.includes(userId) && data._cls !== 'ShowFundingGoal')
      .map(({ name }) => name)
      .toSorted();

  it('has no second effect: every job of a goal arrives again', async () => {
    const { jobs, ...show } = await createCaptured();
    expect(await effectsOf(service, show)).toEqual(eachOnce);
    expect(pushesTo(streamer)).toEqual(['goal.added', 'stream.authorized']);
    const before = await streamer.goal(show.goalId);

    for (const job of jobs) {
      await queues.addAgain(job);
      await queues.settled();
    }
    await Promise.all(jobs.map((job) => queues.addAgain(job)));
    await queues.settled();
    expect(await effectsOf(service, show)).toEqual(eachOnce);
    expect(pushesTo(streamer)).toEqual(['goal.added', 'stream.authorized']);
    expect(await streamer.goal(show.goalId)).toEqual(before);
  });

  it('stands once even where the ledger is lost; a push repeats itself under the same event_id', async () => {
    const { jobs, ...show } = await createCaptured();
    const before = await streamer.goal(show.goalId);
    const ledger = (await service.keys()).filter((key) => key.startsWith(`${service.prefix}:ledger:`));
    expect(ledger).toContain(`${service.prefix}:ledger:${eventIds(show.goalId).created}`);
    await service.forget(ledger);

    for (const job of jobs) {
      await queues.addAgain(job);
      await queues.settled();
    }
    expect(await effectsOf(service, show)).toEqual(eachOnce);
    expect(await streamer.goal(show.goalId)).toEqual(before);
    const published = sink.accepted.filter(({ data }) => data.goal_id === show.goalId);
    expect(new Set(published.map(({ data }) => data.event_id))).toEqual(
      new Set([eventIds(show.goalId).added]),
    );
  });

  it('has each effect once where two workers share the queues', async () => {
    const second = await bootWorker(service.config);
    try {
      const streamers = Array.from({ length: 50 }, () => service.client());
      const shows = await mapAtOnce(streamers, 16, createShow);
      await queues.settled(20_000);
      for (const show of shows) expect(await effectsOf(service, show)).toEqual(eachOnce);
      for (const each of streamers) expect(pushesTo(each)).toEqual(['goal.added', 'stream.authorized']);
    } finally {
      await second.close();
    }
  });
});
