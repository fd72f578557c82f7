import { type DeadLetter, DeadLetters, newId, toObjectId } from '#platform';
import { Channels, RealtimeConfig } from '#realtime';
import { type Client, fundingBody, showBody, until } from './client.js';
import { readMetrics } from './metrics.js';
import type { Misbehaviour } from './pusher-sink.js';
import { unrecorded } from './queues.js';
import { useService } from './service.js';

describe('an event that Pusher refuses among others', () => {
  const service = useService({}, { sink: true });
  const { queues, sink } = service;
  let streamer: Client;

  beforeEach(() => {
    streamer = service.client();
  });
  afterEach(async () => {
    sink.behave();
    await queues.settled();
    for (const { id } of await dead()) await letters().replay(id, unrecorded);
    await until(async () => (await dead()).length === 0);
  });

  const letters = () => service.worker!.get(DeadLetters);
  const dead = () => letters().list();
  const channelOf = (viewer: string) =>
    new Channels(service.config.get(RealtimeConfig)).viewer(streamer.userId, viewer);
  /** On which channels stream.authorized was taken, as often as it was. */
  const authorized = () =>
    sink.accepted
      .filter(({ channel, name }) => name === 'stream.authorized' && channel.includes(streamer.userId))
      .map(({ channel }) => channel)
      .toSorted();

  /** A show whose ticket owners are to be notified, some of whose channels are refused. */
  async function createShow(owners: string[], meddle: () => void): Promise<string> {
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    await service.mongo.collection('goal_contribution').insertMany(
      owners.map((user_id, index) => ({
        goal_id: toObjectId(fundingGoalId),
        source_id: `ticket-${index}`,
        user_id,
        amount: 1,
        created_at: new Date(),
      })),
    );
    await queues.settled();
    meddle();
    return streamer.createGoal('show', showBody(sessionId, fundingGoalId));
  }
  const newOwners = (count: number) => Array.from({ length: count }, () => newId());
  const channelsOf = (owners: string[]) => owners.map(channelOf).toSorted();

  it.each([
    [2, [1]],
    [10, [0]],
    [10, [9]],
    [10, [3, 4]],
    [10, Array.from({ length: 10 }, (_, index) => index)],
    [60, [17]],
    [5_000, [0, 199, 4_321]],
  ])(
    'of %i ticket owners: all are notified once but those at %j, who are dead alone until a replay',
    async (count, places) => {
      const owners = newOwners(count);
      const refused = places.map((place) => owners[place]!);
      await createShow(owners, () => sink.refuseChannels(refused.map(channelOf)));
      await until(
        async () =>
          (await dead()).length === refused.length && authorized().length === count - refused.length,
        25_000,
      );
      await queues.settled();
      expect(authorized()).toEqual(channelsOf(owners.filter((owner) => !refused.includes(owner))));
      const found = await dead();
      expect(found).toHaveLength(refused.length);
      for (const letter of found)
        expect(letter).toMatchObject<Partial<DeadLetter>>({
          error: expect.stringContaining('400'),
          tries: 1,
        });
      const [queue] = found[0]!.id.split('/');
      const metrics = await readMetrics(service.baseUrl);
      expect(metrics.value('goalpost_dead_letters', { queue })).toBe(refused.length);

      sink.behave();
      for (const { id } of found) expect(await letters().replay(id, unrecorded)).toBe(true);
      await until(async () => authorized().length === count);
      await queues.settled();
      expect(authorized()).toEqual(channelsOf(owners));
      expect(await dead()).toEqual([]);
    },
    60_000,
  );

  it('is found where a batch is too large as a whole: then nobody is at fault, and all are notified', async () => {
    const owners = newOwners(10);
    await createShow(owners, () => sink.takeAtMost(3));
    await until(async () => authorized().length === 10);
    await queues.settled();
    expect(authorized()).toEqual(channelsOf(owners));
    expect(await dead()).toEqual([]);
  });

  it.each<[string, Misbehaviour]>([
    ['401', { status: 401 }],
    ['403', { status: 403 }],
    ['429', { status: 429 }],
    ['500', { status: 500 }],
    ['a cut connection', 'close'],
  ])('is not looked for after %s, which concerns all: they are sent together again', async (_, behaviour) => {
    const owners = newOwners(10);
    await createShow(owners, () => sink.misbehave('stream.authorized', behaviour, 2));
    await until(async () => authorized().length === 10);
    await queues.settled();
    expect(authorized()).toEqual(channelsOf(owners));
    const tried = sink.tried.filter(({ channel }) => channel.includes(`${streamer.userId}.sd.`));
    expect(tried).toHaveLength(30);
    expect(await dead()).toEqual([]);
  });

  it('may have a name that no server takes: the others are notified', async () => {
    const owners = [...newOwners(3), 'ein gast', 'x'.repeat(170)];
    await createShow(owners, () => undefined);
    await until(async () => (await dead()).length === 2);
    await queues.settled();
    expect(authorized()).toEqual(channelsOf(owners.slice(0, 3)));
    expect((await dead()).map(({ error }) => error)).toEqual([
      expect.stringContaining('not a channel name'),
      expect.stringContaining('not a channel name'),
    ]);
    await service.mongo.collection('goal_contribution').deleteMany({});
    const { redis } = service;
    await redis.del(queues.of('refused_push').toKey('failed'));
  });

  it('holds up no other progress of its goal, and is published by a replay', async () => {
    const sessionId = await streamer.openSession();
    const goalId = await streamer.createGoal('show_funding', fundingBody(sessionId));
    await until(async () => (await streamer.goal(goalId)).status === 'active');
    await queues.settled();
    const published = () =>
      sink.accepted.flatMap(({ name, data }) =>
        data.goal_id === goalId && /level_reached|progressed|completed/.test(name) ? [name] : [],
      );
    sink.misbehave('goal.level_reached', { status: 400 });
    const ticket = { source_id: 'all', user_id: newId(), amount: 200 };
    const platform = service.client(undefined, ['service']);
    expect((await platform.post(`/goals/${goalId}/contributions`, ticket)).status).toBe(201);
    await until(async () => (await dead()).length === 2);
    await queues.settled();
    expect(published()).toEqual(['goal.progressed', 'goal.completed']);

    sink.behave();
    for (const { id } of await dead()) await letters().replay(id, unrecorded);
    await until(async () => published().length === 4);
    await queues.settled();
    expect(published().toSorted()).toEqual([
      'goal.completed',
      'goal.level_reached',
      'goal.level_reached',
      'goal.progressed',
    ]);
  });
});
