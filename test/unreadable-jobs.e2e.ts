import { type DeadLetter, DeadLetters, deliver, newId } from '#platform';
import { timedBody, until } from './client.js';
import { readMetrics } from './metrics.js';
import { unrecorded } from './queues.js';
import { useService } from './service.js';

/** Every queue that a worker works off, with the name of its jobs. */
const jobNames: [queue: string, name: string][] = [
  ['create_goal', 'create_goal'],
  ['lifecycle', 'lifecycle'],
  ['end_session', 'end_session'],
  ['funding', 'funding'],
  ['authorize_viewers', 'authorize_viewers'],
  ['analytics.track', 'analytics.track'],
  ['deliveries', deliver],
  ['deliveries.push', deliver],
];

/** Fields of a stored job, and what is written into them. */
const damages: [what: string, fields: Record<string, string>][] = [
  ['is no JSON', { data: '{"goal_id": "0123' }],
  ['is null', { data: 'null' }],
  ['is a text', { data: '"0123456789abcdef01234567"' }],
  ['lacks its fields', { data: '{}' }],
  [
    'has fields of other types',
    { data: '{"goal_id":1,"session_id":{},"events":{},"event":"","handlers":"notify"}' },
  ],
];

describe('a job that cannot be read', () => {
  const service = useService();
  const { queues } = service;
  const streamer = service.client();

  /** Puts a job into a queue that looks like that by the time a worker gets it. */
  async function addDamaged(
    queueName: string,
    name: string,
    fields: Record<string, string>,
    data: object = {},
  ) {
    const queue = queues.of(queueName);
    const job = await queue.add(name, data, { jobId: newId(), delay: 3_600_000, attempts: 12 });
    await service.redis.hset(queue.toKey(String(job.id)), fields);
    await job.promote();
    return String(job.id);
  }

  const deadOf = (jobId: string) =>
    until(async () => {
      const letters = await service.worker!.get(DeadLetters).list();
      return letters.find(({ id }) => id.endsWith(`/${jobId}`));
    });

  const createsGoals = async () => {
    const sessionId = await streamer.openSession();
    const goalId = await streamer.createGoal('karaoke', timedBody(sessionId));
    await until(async () => (await streamer.session(sessionId)).karaoke_goal === goalId);
    return goalId;
  };

  describe.each(jobNames)('in %s', (queueName, name) => {
    it.each(damages)('is dead after one try where its data %s, and holds up no other', async (_, fields) => {
      const jobId = await addDamaged(queueName, name, fields);
      const letter = await deadOf(jobId);
      expect(letter).toMatchObject<Partial<DeadLetter>>({
        id: `${queueName}/${jobId}`,
        error: expect.stringMatching(/cannot be read/),
        tries: 1,
      });
      await createsGoals();
      const metrics = await readMetrics(service.baseUrl);
      expect(metrics.value('goalpost_dead_letters', { queue: queueName })).toBeGreaterThan(0);
    });
  });

  it('stays dead after a replay, and is shown by what it carried', async () => {
    const jobId = await addDamaged('create_goal', 'create_goal', { data: 'half of {' });
    const { id } = await deadOf(jobId);
    expect(await service.worker!.get(DeadLetters).replay(id, unrecorded)).toBe(true);
    await until(async () => (await queues.of('create_goal').getJob(jobId))?.isFailed());
    expect((await deadOf(jobId)).error).toMatch(/cannot be read/);
    expect((await queues.of('create_goal').getJob(jobId))!.data).toEqual({ unreadable: 'half of {' });
    expect((await streamer.get(`/goals/${jobId}`)).status).toBe(404);
  });

  it('is shown and replayed among the dead, if it became unreadable after it had failed', async () => {
    const jobId = await addDamaged('funding', 'funding', { data: 'null' });
    await deadOf(jobId);
    await service.redis.hset(queues.of('funding').toKey(jobId), { data: 'torn {' });
    const { id } = await deadOf(jobId);
    expect(await service.worker!.get(DeadLetters).replay(id, unrecorded)).toBe(true);
    await until(async () => (await queues.of('funding').getJob(jobId))?.isFailed());
  });

  it.each([
    ['are no JSON', '{"attempts'],
    ['are null', 'null'],
    ['name a backoff that this release does not have', '{"attempts":3,"backoff":{"type":"other"}}'],
  ])('runs all the same where its options alone %s', async (_, opts) => {
    const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
    const window = { nbf: inHours(1), exp: inHours(2) };
    const goalId = await streamer.createGoal(
      'trigger_private',
      timedBody(await streamer.openSession(), {}, window),
    );
    await until(async () => (await streamer.goal(goalId)).status === 'scheduled');
    const job = { goal_id: goalId, step: 'activate', scheduled_for: new Date().toISOString() };
    await addDamaged('lifecycle', 'lifecycle', { opts }, job);
    await until(async () => (await streamer.goal(goalId)).status === 'active');
  });

  it('dies after its tries where its options name a backoff that this release does not have', async () => {
    const fields = { opts: '{"attempts":2,"backoff":{"type":"other"}}' };
    const event = {
      type: 'goal.added',
      data: { goal_id: newId(), _cls: 'ShowGoal' },
      occurred_at: new Date(),
    };
    const jobId = await addDamaged('deliveries', deliver, fields, { event, handlers: ['feed'] });
    expect(await deadOf(jobId)).toMatchObject({ tries: 2, handler: 'feed' });
  });

  it('does not fail the other events of its job for analytics', async () => {
    const fact = { event_id: newId(), event: 'seen', goal_id: newId(), user_id: null, properties: {} };
    const good = { ...fact, occurred_at: new Date().toISOString() };
    const events = [{ ...fact, event_id: 'none' }, good, { ...good, event_id: newId(), occurred_at: 'soon' }];
    await queues
      .of('analytics.track')
      .add('analytics.track', { events }, { removeOnComplete: true, attempts: 12 });
    const dead = await until(async () => {
      const jobs = await queues.of('analytics.track').getFailed();
      const theirs = jobs.filter(({ data }) => JSON.stringify(data).includes(fact.goal_id));
      return theirs.length === 2 && theirs;
    });
    expect(dead.map(({ data }) => data as object)).toEqual(
      expect.arrayContaining([
        { events: [events[0]], v: 1 },
        { events: [events[2]], v: 1 },
      ]),
    );
    expect(dead.map(({ attemptsMade }) => attemptsMade)).toEqual([1, 1]);
    const kept = await service.documents('analytics_event', { goal_id: fact.goal_id });
    expect(kept.map(({ _id }) => String(_id))).toEqual([good.event_id]);
  });

  it('is dead where nothing of it is left but its id', async () => {
    const jobId = newId();
    await service.redis.lpush(queues.of('end_session').toKey('wait'), jobId);
    expect(await deadOf(jobId)).toMatchObject({ error: expect.stringMatching(/cannot be read/) });
  });

  it.each([
    ['has no data', {}],
    ['has no id', { goal: { goal_id: 7 } }],
  ])('is dead where the event in it %s', async (_, data) => {
    const event = { type: 'goal.activated', data, occurred_at: new Date().toISOString() };
    const fields = { data: JSON.stringify({ event, handlers: ['notify-lifecycle'] }) };
    const jobId = await addDamaged('deliveries.push', deliver, fields);
    expect(await deadOf(jobId)).toMatchObject({ error: expect.stringMatching(/cannot be read/), tries: 1 });
  });
});
