import { DeadLetters, newId } from '#platform';
import { Realtime } from '#realtime';
import { type Client, until } from './client.js';
import type { Misbehaviour } from './pusher-sink.js';
import { unrecorded } from './queues.js';
import { useService } from './service.js';
import { createShow, eachOnce, effectsOf, eventIds, type Show } from './show-effects.js';

describe('a handler that fails', () => {
  const service = useService({ PUSHER_TIMEOUT_MS: '500', DELIVERY_ATTEMPTS: '3' }, { sink: true });
  const { queues, sink } = service;
  let streamer: Client;

  beforeEach(() => {
    streamer = service.client();
  });
  afterEach(() => sink.behave());

  const notifyOf = (show: Show) => ({
    tried: sink.tried.filter(({ data }) => data.goal_id === show.goalId).length,
    accepted: sink.accepted.filter(({ data }) => data.goal_id === show.goalId),
  });
  const authorizeOf = (client: Client) => {
    const theirs = ({ channel, name }: { channel: string; name: string }) =>
      name === 'stream.authorized' && channel.includes(client.userId);
    return { tried: sink.tried.filter(theirs).length, accepted: sink.accepted.filter(theirs).length };
  };

  /** Creates a show whose goal.added is met like that, and no other event before it. */
  async function createMet(behaviour: Misbehaviour, times?: number): Promise<Show> {
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    await queues.settled();
    sink.misbehave('goal.added', behaviour, times);
    const goalId = await streamer.createGoal('show', {
      levels: [{ target: 600 }],
      context: { session_id: sessionId, funding_goal_id: fundingGoalId },
    });
    return { sessionId, fundingGoalId, goalId };
  }

  it.each<[string, Misbehaviour]>([
    ['is answered 500', { status: 500 }],
    ['is answered 429', { status: 429 }],
    ['is left without an answer', 'hang'],
    ['gets the head of an answer alone', 'stall'],
    ['has its connection cut', 'close'],
    ['has its answer broken off', 'break'],
  ])('is tried again alone: notify %s twice, then passes', async (_, behaviour) => {
    const show = await createMet(behaviour, 2);
    await until(async () => notifyOf(show).accepted.length > 0);
    await queues.settled();
    expect(notifyOf(show)).toEqual({
      tried: 3,
      accepted: [
        {
          name: 'goal.added',
          channel: `private-stream@${streamer.userId}`,
          data: expect.objectContaining({ goal_id: show.goalId, event_id: eventIds(show.goalId).added }),
        },
      ],
    });
    expect(authorizeOf(streamer)).toEqual({ tried: 1, accepted: 1 });
    expect(await effectsOf(service, show)).toEqual(eachOnce);
  });

  it('is dead after its last try, with all it takes to replay it, while the others are done', async () => {
    const show = await createMet({ status: 503 });
    const job = await queues.deadDelivery('deliveries.push', show.goalId, 'notify');
    await queues.settled();
    expect(notifyOf(show)).toEqual({ tried: 3, accepted: [] });
    expect(job.data).toMatchObject({
      event: { type: 'goal.added', data: { goal_id: show.goalId, session_id: show.sessionId } },
      handlers: ['notify'],
    });
    expect(job.failedReason).toBe('Pusher answered 503: as the test asked');
    expect(authorizeOf(streamer)).toEqual({ tried: 1, accepted: 1 });
    expect(await effectsOf(service, show)).toEqual(eachOnce);

    sink.behave();
    await job.retry();
    await until(async () => notifyOf(show).accepted.length > 0);
    await queues.settled();
    expect(notifyOf(show).accepted).toHaveLength(1);
    expect(authorizeOf(streamer)).toEqual({ tried: 1, accepted: 1 });
    expect(await effectsOf(service, show)).toEqual(eachOnce);
    expect(await queues.of('deliveries.push').getJob(job.id)).toBeNull();
  });

  it('stays dead, to be replayed again, where the replay fails as well', async () => {
    const show = await createMet({ status: 500 });
    const job = await queues.deadDelivery('deliveries.push', show.goalId, 'notify');
    await job.retry();
    await until(async () => notifyOf(show).tried > 3);
    const again = await queues.deadDelivery('deliveries.push', show.goalId, 'notify');
    sink.behave();
    await again.retry();
    await until(async () => notifyOf(show).accepted.length > 0);
    await queues.settled();
    expect(notifyOf(show).accepted).toHaveLength(1);
  });

  it('is dead at once where no further try can help', async () => {
    const show = await createMet({ status: 400 });
    const job = await queues.deadDelivery('deliveries.push', show.goalId, 'notify');
    expect(job.failedReason).toBe('Pusher answered 400: as the test asked');
    // Not all attempts were made; what shared a call with it was parted from it by further calls.
    expect(job.attemptsMade).toBeLessThan(3);
    expect(notifyOf(show).tried).toBeLessThan(5);
  });

  it('uses up no connection by answers that never end', async () => {
    const realtime = service.worker!.get(Realtime, { strict: false });
    const send = () => realtime.send(`private-stream@${streamer.userId}`, 'many', { goal_id: newId() });
    await queues.settled();
    sink.misbehave('many', 'stall');
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, send));
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
    sink.behave();
    await until(() =>
      send().then(
        () => true,
        () => false,
      ),
    );
  });

  it('is not tried again for being slow: what is accepted late is accepted once', async () => {
    await queues.settled();
    sink.misbehave('goal.added', { afterMs: 200 });
    const show = await createShow(streamer);
    await until(async () => notifyOf(show).accepted.length > 0);
    await queues.settled();
    expect(notifyOf(show)).toMatchObject({ tried: 1, accepted: [{ name: 'goal.added' }] });
  });
});

describe('a dead delivery that is replayed', () => {
  const service = useService({ DELIVERY_ATTEMPTS: '2' }, { sink: true });
  const { queues, sink } = service;
  const streamer = service.client();

  afterEach(() => sink.behave());

  const pushesOf = (goalId: string) => ({
    tried: sink.tried.filter(({ name, data }) => name === 'goal.added' && data.goal_id === goalId).length,
    accepted: sink.accepted.filter(({ name, data }) => name === 'goal.added' && data.goal_id === goalId)
      .length,
  });

  /** A dead delivery of a goal's goal.added to its stream. */
  async function die() {
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    await queues.settled();
    sink.misbehave('goal.added', { status: 500 });
    const goalId = await streamer.createGoal('show', {
      levels: [{ target: 600 }],
      context: { session_id: sessionId, funding_goal_id: fundingGoalId },
    });
    const job = await queues.deadDelivery('deliveries.push', goalId, 'notify');
    await queues.settled();
    sink.behave();
    return { goalId, letter: `deliveries.push/${job.id}`, before: pushesOf(goalId) };
  }
  const replay = (letter: string) => service.worker!.get(DeadLetters).replay(letter, unrecorded);

  it('has all its tries again: one more failure is no new final failure', async () => {
    const { goalId, letter, before } = await die();
    sink.misbehave('goal.added', { status: 500 }, 1);
    expect(await replay(letter)).toBe(true);
    await until(async () => pushesOf(goalId).accepted === 1);
    await queues.settled();
    expect(pushesOf(goalId)).toEqual({ tried: before.tried + 2, accepted: 1 });
    expect(await service.worker!.get(DeadLetters).list()).toEqual([]);
  });

  it('is dead again after as many tries as before, and can be replayed again', async () => {
    const { goalId, letter, before } = await die();
    sink.misbehave('goal.added', { status: 500 });
    expect(await replay(letter)).toBe(true);
    await until(async () => pushesOf(goalId).tried === before.tried + 2);
    await queues.settled();
    expect(await service.worker!.get(DeadLetters).list()).toMatchObject([{ id: letter, tries: 2 }]);
    sink.behave();
    expect(await replay(letter)).toBe(true);
    await until(async () => pushesOf(goalId).accepted === 1);
  });

  it('is replayed by its own id alone, once', async () => {
    const { letter } = await die();
    expect(
      await Promise.all(['deliveries/none', 'none/none', 'none', letter.replace('.push', '')].map(replay)),
    ).toEqual([false, false, false, false]);
    expect(await replay(letter)).toBe(true);
    await queues.settled();
    expect(await replay(letter)).toBe(false);
  });
});
