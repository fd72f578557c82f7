import { newId, toObjectId } from '#platform';
import { bootWorker } from '#worker';
import { Registry } from 'prom-client';
import { timedBody, until } from './client.js';
import type { PushedEvent } from './pusher-sink.js';
import { useService } from './service.js';

const service = useService({ SWEEP_INTERVAL_MS: '200', DELIVERY_ATTEMPTS: '6' }, { sink: true });
const { queues, sink } = service;
const streamer = service.client();

afterEach(() => sink.behave());

async function open(targets: number[]): Promise<string> {
  const body = { ...timedBody(await streamer.openSession()), levels: targets.map((target) => ({ target })) };
  const goalId = await streamer.createGoal('show_funding', body);
  await until(async () => (await streamer.goal(goalId)).status === 'active');
  await until(async () => accepted(goalId, 'goal.activated').length);
  return goalId;
}

const give = (goalId: string, amount: number) =>
  service
    .client(undefined, ['service'])
    .post(`/goals/${goalId}/contributions`, { source_id: newId(), user_id: newId(), amount });

const ofProgress = ['goal.level_reached', 'goal.progressed', 'goal.completed'];
const of = (events: PushedEvent[], goalId: string, ...names: string[]) =>
  events.filter(({ name, data }) => data.goal_id === goalId && names.includes(name));
const accepted = (goalId: string, ...names: string[]) => of(sink.accepted, goalId, ...names);
const short = ({ name, data }: PushedEvent) => [name, data.level_reached ?? data.progress];

/** Fails where an event was ever sent with something else in it. */
function expectOneContent(events: PushedEvent[]): void {
  const first = new Map(events.toReversed().map((event) => [event.data.event_id, event]));
  for (const event of events) expect(event).toEqual(first.get(event.data.event_id));
}

/** What screens may see of a goal: levels once and in order, nothing older after newer, the end once. */
function expectInOrder(events: PushedEvent[], levels: number): void {
  const versions = events.map(({ data }) => Number(data.version));
  expect(versions).toEqual(versions.toSorted((one, other) => one - other));
  const reached = events.filter(({ name }) => name === 'goal.level_reached');
  expect(reached.map(({ data }) => data.level_reached)).toEqual(
    Array.from({ length: levels }, (_, index) => index + 1),
  );
  expect(events.filter(({ name }) => name === 'goal.completed')).toHaveLength(1);
}

describe('progress', () => {
  it.each<[string, () => void]>([
    ['slow', () => sink.misbehave('*', { afterMs: 400 })],
    [
      'slow and often refusing',
      () => {
        for (let time = 0; time < 4; time++) {
          sink.misbehave('*', { afterMs: 300 }, 2);
          sink.misbehave('*', { status: 500 }, 1);
        }
        sink.misbehave('*', { afterMs: 200 });
      },
    ],
  ])('reaches screens once and in order through a Pusher that is %s', async (kind, misbehave) => {
    const others = [await bootWorker(service.config), await bootWorker(service.config)];
    try {
      const goalId = await open([10, 20, 30, 40, 50, 60]);
      misbehave();
      let sum = 0;
      for (; sum < 80; sum++) expect((await give(goalId, 1)).status).toBe(201);
      await until(async () => accepted(goalId, 'goal.progressed').some(({ data }) => data.progress === sum));
      await queues.settled();
      const events = accepted(goalId, ...ofProgress);
      expectInOrder(events, 6);
      expect(new Set(events.map(({ data }) => data.event_id)).size).toBe(events.length);
      expectOneContent(of(sink.tried, goalId, ...ofProgress));
      if (kind !== 'slow') return;
      for (const worker of [service.worker!, ...others]) {
        const failures = await worker
          .get(Registry)
          .getSingleMetricAsString('goalpost_handler_failures_total');
        expect(failures).not.toContain('notify-progress');
      }
    } finally {
      await Promise.all(others.map((worker) => worker.close()));
    }
  });

  it('is published where the process died that counted it', async () => {
    const goalId = await open([10, 20]);
    await service.mongo
      .collection('goal')
      .updateOne(
        { _id: toObjectId(goalId) },
        { $set: { progress: 12, level: 1, peak_level: 1, unpublished: true }, $inc: { version: 1 } },
      );
    await until(async () => accepted(goalId, 'goal.progressed').length);
    expect(accepted(goalId, ...ofProgress).map(short)).toEqual([
      ['goal.level_reached', 1],
      ['goal.progressed', 12],
    ]);
  });

  it('of which a publication was left open is published as it was then, and as it is now', async () => {
    const goalId = await open([10, 20, 30]);
    const goals = service.mongo.collection('goal');
    // That it was activated is published, so that nothing of that is in the snapshot.
    await until(async () => (await goals.findOne({ _id: toObjectId(goalId) }))!.unpublished === undefined);
    const { version, ...goal } = (await goals.findOne({ _id: toObjectId(goalId) }))!;
    const then = new Date(Date.now() - 60_000);
    const progress = { progress: 12, level: 1, peak_level: 1, unpublished: true };
    const snapshot = { ...goal, version: Number(version) + 1, ...progress };
    const publication = { publisher: 'one that died', taken_at: then, occurred_at: then, goal: snapshot };
    await goals.updateOne(
      { _id: goal._id },
      {
        $set: { progress: 33, level: 3, peak_level: 3, unpublished: true, publication },
        $inc: { version: 2 },
      },
    );
    await until(async () => accepted(goalId, 'goal.progressed').length === 2);
    const events = accepted(goalId, ...ofProgress);
    expect(events.map(short)).toEqual([
      ['goal.level_reached', 1],
      ['goal.progressed', 12],
      ['goal.level_reached', 2],
      ['goal.level_reached', 3],
      ['goal.progressed', 33],
      ['goal.completed', 33],
    ]);
    expect(events.map(({ data }) => Number(data.version) - Number(version))).toEqual([1, 1, 2, 2, 2, 2]);
    expect(events[0]!.data.occurred_at).toBe(then.toISOString());
    await until(async () => {
      const left = await goals.findOne({ _id: goal._id });
      return left && !('unpublished' in left) && !('publication' in left);
    });
  });

  it('goes on after an event that Pusher refuses for good, alone or among others', async () => {
    const goalId = await open([10, 20]);
    const deadIn = (queue: string) =>
      until(async () => {
        const jobs = await queues.of(queue).getFailed();
        return jobs.find(({ data }) => JSON.stringify(data).includes(goalId));
      });
    sink.misbehave('goal.progressed', { status: 400 });
    await give(goalId, 1);
    await deadIn('deliveries.push');
    sink.behave();
    sink.misbehave('goal.level_reached', { status: 400 });
    await give(goalId, 9);
    const dead = await deadIn('refused_push');
    sink.behave();
    await give(goalId, 10);
    await until(async () => accepted(goalId, 'goal.completed').length);
    await dead.retry();
    await until(async () => accepted(goalId, 'goal.level_reached').length === 2);
    await queues.settled();
    expect(accepted(goalId, ...ofProgress).map(short)).toEqual([
      ['goal.progressed', 10],
      ['goal.level_reached', 2],
      ['goal.progressed', 20],
      ['goal.completed', 20],
      ['goal.level_reached', 1],
    ]);
    expectOneContent(of(sink.tried, goalId, ...ofProgress));
  });

  it('beyond the last level is published, and the end no second time', async () => {
    const goalId = await open([10]);
    for (const sum of [10, 15, 20]) {
      await give(goalId, sum === 10 ? 10 : 5);
      await until(async () => accepted(goalId, 'goal.progressed').some(({ data }) => data.progress === sum));
    }
    expect(accepted(goalId, ...ofProgress).map(short)).toEqual([
      ['goal.level_reached', 1],
      ['goal.progressed', 10],
      ['goal.completed', 10],
      ['goal.progressed', 15],
      ['goal.progressed', 20],
    ]);
    await queues.settled();
    const tracked = await service.documents('analytics_event', { goal_id: goalId, event: 'goal.completed' });
    expect(tracked.map(({ properties }) => (properties as { progress: number }).progress)).toEqual([10]);
  });
});
