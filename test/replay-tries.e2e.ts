import { DeadLetters } from '#platform';
import { until } from './client.js';
import { useService } from './service.js';

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
  const replay = (letter: string) => service.worker!.get(DeadLetters).replay(letter);

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
