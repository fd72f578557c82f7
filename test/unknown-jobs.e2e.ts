import {
  createHttpApp,
  deliver,
  DeadLetters,
  Durable,
  DurableEvent,
  type DurableEventHandler,
  DueLists,
  EventsModule,
  type EventRoutes,
  JobKind,
  JobWorkers,
  newId,
  PlatformModule,
  ProcessJob,
  toObjectId,
} from '#platform';
import { BullModule, Processor } from '@nestjs/bull';
import { Module, type Type } from '@nestjs/common';
import { EventsHandler } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Job } from 'bull';
import { Registry } from 'prom-client';
import { timedBody, until } from './client.js';
import { shortLocks } from './process.js';
import { useService } from './service.js';

class Rang extends DurableEvent<{ bell: string; kind: string }> {
  readonly type: string = 'bell.rang';
  get subject(): string {
    return this.data.bell;
  }
  get route(): string {
    return this.data.kind;
  }
}

class Broke extends Rang {
  override readonly type = 'bell.broke';
}

/** Which handlers have run, each with the bell. */
const handled: string[] = [];

@EventsHandler(Rang, Broke)
@Durable({ name: 'open', queue: 'media' })
class Open implements DurableEventHandler<Rang> {
  async handle({ data }: Rang): Promise<void> {
    handled.push(`open ${data.bell}`);
  }
}

@EventsHandler(Rang)
@Durable({ name: 'open', queue: 'media' })
class OldOpen extends Open {}

@EventsHandler(Rang)
@Durable({ name: 'greet', queue: 'media' })
class Greet implements DurableEventHandler<Rang> {
  async handle({ data }: Rang): Promise<void> {
    handled.push(`greet ${data.bell}`);
  }
}

const older: [EventRoutes, Type[]] = [{ 'bell.rang': { brass: ['open'] } }, [OldOpen]];
const newer: [EventRoutes, Type[]] = [
  { 'bell.rang': { brass: ['open', 'greet'], glass: ['open', 'greet'] }, 'bell.broke': { brass: ['open'] } },
  [Open, Greet],
];

/** What a process does not know comes back after a quarter of a second at most with this. */
const env = { DELIVERY_BACKOFF_MS: '1', DELIVERY_ATTEMPTS: '3', ...shortLocks };

describe('a delivery that a process does not know', () => {
  const service = useService(env, { apps: [] });
  const { queues } = service;
  const apps: NestFastifyApplication[] = [];

  afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())));

  async function boot([routes, providers]: [EventRoutes, Type[]]): Promise<NestFastifyApplication> {
    class TestModule {}
    Module({
      imports: [
        PlatformModule.register(service.config),
        EventsModule.register(routes, { queues: ['media'] }),
      ],
      providers,
    })(TestModule);
    const app = await createHttpApp({ module: TestModule }, service.config);
    await app.init();
    app.get(JobWorkers).start();
    apps.push(app);
    return app;
  }

  const add = (event: Rang, ...handlers: string[]) =>
    queues
      .of('deliveries.media')
      .add(
        deliver,
        { event: event.toStored(), handlers },
        { jobId: event.id, attempts: 3, removeOnComplete: true },
      );
  const postponements = async (app: NestFastifyApplication) =>
    Number(/goalpost_unknown_jobs_total\{.*\} (\d+)/.exec(await app.get(Registry).metrics())?.[1] ?? 0);
  const handledOf = (bell: string) => handled.filter((line) => line.endsWith(` ${bell}`)).toSorted();
  const jobOf = (event: Rang): Promise<Job | null> => queues.of('deliveries.media').getJob(event.id);

  it.each<[string, Rang, string[], string[], string[]]>([
    ['for its event', new Broke({ bell: 'a', kind: 'brass' }), ['open'], [], ['open a']],
    ['for its handler', new Rang({ bell: 'b', kind: 'brass' }), ['greet'], [], ['greet b']],
    ['for the class of its event', new Rang({ bell: 'c', kind: 'glass' }), ['open'], [], ['open c']],
    [
      'for one handler of two',
      new Rang({ bell: 'd', kind: 'brass' }),
      ['greet', 'open'],
      ['open d'],
      ['greet d', 'open d'],
    ],
  ])('waits for one that does: %s', async (_, event, handlers, atFirst, atLast) => {
    const app = await boot(older);
    await add(event, ...handlers);
    // More often than it has tries.
    await until(async () => (await postponements(app)) >= 4);
    expect(handledOf(event.data.bell)).toEqual(atFirst);
    expect(await jobOf(event)).toMatchObject({ attemptsMade: 0, stacktrace: [] });
    expect(await app.get(DeadLetters).list()).toEqual([]);
    await app.close();
    apps.length = 0;
    await boot(newer);
    await until(async () => (await jobOf(event)) === null);
    expect(handledOf(event.data.bell)).toEqual(atLast);
  });

  it('is taken by the one that knows it while another does not', async () => {
    await boot(older);
    await boot(newer);
    const event = new Rang({ bell: 'e', kind: 'glass' });
    await add(event, 'open', 'greet');
    await until(async () => (await jobOf(event)) === null);
    expect(handledOf('e')).toEqual(['greet e', 'open e']);
  });

  it('still dies after all of its tries, once somebody knows it', async () => {
    const app = await boot(older);
    const event = new Rang({ bell: 'f', kind: 'brass' });
    await add(event, 'greet');
    await until(async () => (await postponements(app)) >= 2);
    await app.close();
    apps.length = 0;
    let tries = 0;
    @EventsHandler(Rang)
    @Durable({ name: 'greet', queue: 'media' })
    class Hoarse implements DurableEventHandler<Rang> {
      async handle(): Promise<void> {
        tries++;
        throw new Error('too hoarse');
      }
    }
    await boot([newer[0], [Open, Hoarse]]);
    expect((await queues.dead('deliveries.media', event.id)).failedReason).toBe('too hoarse');
    expect(tries).toBe(3);
  });

  it('keeps its place when the process dies that puts it back', async () => {
    const event = new Rang({ bell: 'g', kind: 'brass' });
    const job = await add(event, 'greet');
    const queue = queues.of('deliveries.media');
    // As such a process leaves it: active, under a lock that nobody holds any more.
    await service.redis.rpoplpush(queue.toKey('wait'), queue.toKey('active'));
    expect(await job.isActive()).toBe(true);
    const app = await boot(older);
    await until(async () => (await postponements(app)) >= 1);
    expect(await jobOf(event)).toMatchObject({ attemptsMade: 0, data: { handlers: ['greet'] } });
    await job.remove();
  });
});

describe('a job that a worker does not know', () => {
  const service = useService({ ...env, SWEEP_INTERVAL_MS: '500' });
  const { queues } = service;
  const streamer = service.client();

  const metricsOf = () => service.worker!.get(Registry).metrics();

  const postponements = async (queue: string) => {
    const metrics = await metricsOf();
    return Number(
      metrics
        .split('\n')
        .find((line) => line.startsWith(`goalpost_unknown_jobs_total{queue="${queue}"}`))
        ?.split(' ')[1] ?? 0,
    );
  };

  /** A worker of another release, which knows every job of that queue. */
  async function bootNewer(queue: string, seen: Job[]): Promise<NestFastifyApplication> {
    @Processor(queue)
    class AnyProcessor {
      @ProcessJob(new JobKind({ name: queue, version: 9, isReadable: () => true }))
      async process(job: Job): Promise<void> {
        seen.push(job);
      }
    }
    class TestModule {}
    Module({
      imports: [PlatformModule.register(service.config), BullModule.registerQueue({ name: queue })],
      providers: [AnyProcessor],
    })(TestModule);
    const app = await createHttpApp({ module: TestModule }, service.config);
    await app.init();
    app.get(JobWorkers).start();
    return app;
  }

  const future = (sessionId: string, goal_id = newId()) => ({
    goal_id,
    active: true,
    _cls: 'FutureGoal',
    conditions: { session_id: sessionId },
    context: { type: 'future', session_id: sessionId },
    levels: [{ target: 1 }],
    metadata: { user_id: streamer.userId },
    nbf: new Date().toISOString(),
    exp: null,
  });

  it('creates no goal of a class that it does not know, and leaves the job to a worker that does', async () => {
    const data = future(await streamer.openSession());
    await service.mongo.collection<{ _id: string; [field: string]: unknown }>('goal_request').insertOne({
      _id: data.goal_id,
      goal_id: toObjectId(data.goal_id),
      v: 1,
      goal: data,
      accepted_at: new Date(),
    });
    await queues.of('create_goal').add('create_goal', data, { jobId: data.goal_id, attempts: 3 });
    await until(async () => (await postponements('create_goal')) >= 4);
    expect(await service.documents('goal', { _cls: 'FutureGoal' })).toEqual([]);
    expect(await service.worker!.get(DeadLetters).list()).toEqual([]);
    expect(await streamer.goal(data.goal_id)).toMatchObject({ status: 'pending', goal_type: null });
    const karaoke = await streamer.createGoal('karaoke', timedBody(data.conditions.session_id));
    await until(async () => (await streamer.goal(karaoke)).status === 'active');

    await service.stopWorker();
    const seen: Job[] = [];
    const other = await bootNewer('create_goal', seen);
    try {
      await until(async () => seen.length > 0);
      expect(seen).toMatchObject([{ id: data.goal_id, data, attemptsMade: 0 }]);
    } finally {
      await other.close();
      await service.startWorker();
    }
  });

  it.each([
    ['names a step', 'lifecycle', 'lifecycle', { goal_id: newId(), step: 'freeze' }],
    ['has data in a form', 'end_session', 'end_session', { session_id: newId(), v: 2 }],
    [
      'has an event in a form',
      'deliveries.push',
      deliver,
      {
        event: {
          type: 'goal.activated',
          v: 2,
          data: { goal: newId() },
          occurred_at: new Date().toISOString(),
        },
        handlers: ['notify-lifecycle'],
        v: 1,
      },
    ],
    ['has a name', 'funding', 'funding.by_level', { goal_id: newId() }],
  ])('waits where it %s of another release', async (_, queue, name, data) => {
    const job = await queues.of(queue).add(name, data, { jobId: newId(), attempts: 2 });
    await until(async () => (await postponements(queue)) >= 3);
    expect(await queues.of(queue).getJob(job.id)).toMatchObject({ attemptsMade: 0, data });
    expect(await service.worker!.get(DeadLetters).list()).toEqual([]);
    await queues.of(queue).removeJobs(String(job.id));
  });

  it('queues an accepted request in a form that it does not know as it is, and shows what it can read of it', async () => {
    const goalId = newId();
    const goal = { _cls: 'KaraokeGoal', stages: [1, 2], context: { type: 'karaoke' } };
    await service.mongo.collection<{ _id: string; [field: string]: unknown }>('goal_request').insertOne({
      _id: goalId,
      goal_id: toObjectId(goalId),
      v: 2,
      goal,
      accepted_at: new Date(Date.now() - 60_000),
      failed: { reason: 'said by another release' },
    });
    const job = await until(() => queues.of('create_goal').getJob(goalId));
    expect(job.data).toEqual({ ...goal, v: 2 });
    const before = await postponements('create_goal');
    await until(async () => (await postponements('create_goal')) >= before + 2);
    expect(await streamer.goal(goalId)).toMatchObject({ status: 'pending', _cls: 'KaraokeGoal', levels: [] });
    expect(await service.documents('goal', { _id: toObjectId(goalId) })).toEqual([]);
    await job.remove();
    await service.mongo.collection('goal_request').deleteMany({ goal_id: toObjectId(goalId) });
  });

  it.each([
    ['of a version', { v: 2, type: 'goal.updated', changes: ['title'] }],
    ['of a type', { v: 1, type: 'goal.renamed' }],
  ])('leaves an outbox with an entry %s of another release as it is', async (_, entry) => {
    const sessionId = await streamer.openSession();
    const goalId = await streamer.createGoal('karaoke', timedBody(sessionId));
    await until(async () => (await streamer.session(sessionId)).karaoke_goal === goalId);
    const change = { $set: { unpublished: true }, $push: { outbox: entry as never } };
    const _id = toObjectId(goalId);
    await service.mongo.collection('goal').updateOne({ _id }, change);
    await service.worker!.get(DueLists).of('publications').add([goalId]);
    const before = await postponements('publications');
    await until(async () => (await postponements('publications')) >= before + 2);
    const [stored] = await service.documents('goal', { _id });
    expect(stored).toMatchObject({ unpublished: true, outbox: [entry] });
    expect(stored).not.toHaveProperty('publication');
    await service.mongo.collection('goal').deleteOne({ _id });
  });

  it('leaves a change of access of another release as it is', async () => {
    const { fundingGoalId } = await streamer.openFundedSession();
    const viewer = newId();
    const granted = await streamer.send('PUT', `/goals/${fundingGoalId}/access/${viewer}`, { allowed: true });
    expect(granted.status).toBe(200);
    const filter = { goal_id: toObjectId(fundingGoalId) };
    await until(async () => (await service.documents('access_rule', { ...filter, outbox: [] })).length === 1);
    const entry = { v: 2, revision: 2, allowed: false, cause: 'paused', at: new Date(0) };
    const change = { $set: { unpublished: true, changed_at: new Date(0), outbox: [entry] } };
    await service.mongo.collection('access_rule').updateOne(filter, change);
    await until(async () => (await postponements('access')) >= 2);
    expect(await service.documents('access_rule', filter)).toMatchObject([{ outbox: [entry] }]);
  });

  it('keeps the progress of a goal whose class it does not know for a worker that knows it', async () => {
    const { goal_id, ...fields } = future(await streamer.openSession());
    const _id = toObjectId(goal_id);
    await service.mongo
      .collection('goal')
      .insertOne({ _id, ...fields, status: 'active', unpublished: true, version: 3 });
    await service.worker!.get(DueLists).of('publications').add([goal_id]);
    const before = await postponements('publications');
    await until(async () => (await postponements('publications')) >= before + 2);
    const [stored] = await service.documents('goal', { _id });
    expect(stored).toMatchObject({ unpublished: true });
    expect(stored).not.toHaveProperty('publication');
  });
});
