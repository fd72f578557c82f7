import { type GoalEvent, goalClasses, goalEvents } from '#contracts';
import { goalRoutes } from '#goals';
import { type Server, startRedis } from '#local-stack';
import { queueNames } from '#operations';
import { DueLists } from '#platform';
import { Redis } from 'ioredis';
import { mongo } from 'mongoose';
import { once } from 'node:events';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { until } from './client.js';
import { useService } from './service.js';

const root = 'test/contract-fixtures';
const releases = readdirSync(root, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

interface StoredJob {
  queue: string;
  name: string;
  data: { v: number };
}
interface StoredDelivery extends StoredJob {
  event_id: string;
  data: StoredJob['data'] & {
    event: { type: string; v: number; occurred_at: string };
    handlers: string[];
  };
}
type Document = Record<string, unknown>;

/** The files of a folder of fixtures, each with its name. */
function read<Content>(release: string, folder: string): [name: string, content: Content][] {
  return globSync(`${root}/${release}/${folder}/*.json`)
    .toSorted()
    .map((path) => [basename(path, '.json'), JSON.parse(readFileSync(path, 'utf8')) as Content]);
}

/** The documents of each collection. */
function readStored(release: string): [collection: string, documents: Document[]][] {
  return readdirSync(`${root}/${release}/stored`).map((collection) => [
    collection,
    read(release, `stored/${collection}`).map(
      ([, content]) => mongo.BSON.EJSON.deserialize(content as Document) as Document,
    ),
  ]);
}

/** Everything happens to goals of this streamer, under ids that are made up. */
const id = (end: string) => `65${end.padStart(22, '0')}`;
const streamerId = id('1');
const viewers = [id('21'), id('22')];

describe.each(releases)('what release %s has stored', (release) => {
  const jobs = read<StoredJob>(release, 'jobs');
  const deliveries = read<StoredDelivery>(release, 'deliveries');
  const envelopes = read<GoalEvent>(release, 'envelopes');
  const stored = readStored(release);

  let dataDir: string;
  let broker: Server;
  let listener: Redis;
  const heard: GoalEvent[] = [];
  const forwarded: Document[] = [];
  const analytics = createServer((request, response) => {
    void text(request).then((lines) => {
      forwarded.push(
        ...lines
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Document),
      );
      response.end();
    });
  });

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'goalpost-fixtures-'));
    broker = await startRedis({ dataDir });
    listener = new Redis(broker.url);
    await listener.psubscribe('goal.*', 'access.*');
    listener.on('pmessage', (_pattern, _channel, packet: string) =>
      heard.push((JSON.parse(packet) as { data: GoalEvent }).data),
    );
    analytics.listen(0, '127.0.0.1');
    await once(analytics, 'listening');
  });
  const service = useService(() => ({
    MESSAGING_URL: broker.url,
    ANALYTICS_URL: `http://127.0.0.1:${(analytics.address() as AddressInfo).port}`,
  }));
  afterAll(async () => {
    analytics.close();
    listener?.disconnect();
    await broker?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** Stores what the release had stored, and forgets what has become of it since. */
  beforeEach(async () => {
    for (const [collection, documents] of stored) {
      await service.mongo.collection(collection).deleteMany({});
      await service.mongo.collection(collection).insertMany(documents);
    }
    const keys = await service.keys();
    await service.forget(keys.filter((key) => /:(ledger|published|realtime|channel-data)/.test(key)));
    heard.length = 0;
  });
  /** Lets nothing of a test reach into the next one. */
  afterEach(async () => {
    await until(async () => {
      const counts = await Promise.all(queueNames.map((name) => service.queues.of(name).getJobCounts()));
      return counts.every(({ waiting, active }) => waiting + active === 0);
    });
    for (const name of queueNames) await service.queues.of(name).empty();
  });

  const add = ({ queue, name, data }: StoredJob) =>
    service.queues.of(queue).add(name, data, { attempts: 2, removeOnComplete: true });
  const one = async (collection: string, _id: string) =>
    (await service.documents(collection, { _id: new mongo.ObjectId(_id) }))[0];
  const pushed = async () => {
    const lines = await service.redis.lrange(`${service.prefix}:realtime:recorded`, 0, -1);
    return lines.map((line) => JSON.parse(line) as { channel: string; name: string; data: string });
  };
  const allViewersGot = async (name: string) => {
    const channels = (await pushed()).filter((push) => push.name === name).map(({ channel }) => channel);
    return viewers.every((viewer) => channels.some((channel) => channel.endsWith(`.${viewer}`)));
  };
  const goalIs = (end: string, status: string) => async () => (await one('goal', id(end)))?.status === status;

  it('publishes an outbox that it finds', async () => {
    await service
      .worker!.get(DueLists)
      .of('publications')
      .add([id('a7')]);
    await until(async () => {
      const { unpublished, outbox } = (await one('goal', id('a7')))!;
      const names = new Set((await pushed()).map(({ name }) => name));
      const all = ['goal.expired', 'goal.updated', 'goal.corrected', 'goal.settled', 'goal.cancelled'];
      return unpublished === undefined && outbox === undefined && all.every((name) => names.has(name));
    });
  });

  /** What each job does to what is stored. */
  const effects: Record<string, () => Promise<unknown>> = {
    create_goal: async () => String((await one('session', id('12')))?.karaoke_goal) === id('a8'),
    'lifecycle.activate': goalIs('a2', 'active'),
    'lifecycle.expire': goalIs('a3', 'expired'),
    'lifecycle.cancel': goalIs('a4', 'cancelled'),
    end_session: async () =>
      (await one('session', id('11')))?.closed_at !== undefined && (await goalIs('a1', 'cancelled')()),
    funding: async () => (await one('goal', id('a5')))?.void_reason === 'underfunded',
    performance: async () => {
      const { progress, level, performance } = (await one('goal', id('a6'))) as Document & {
        performance: { silent?: boolean };
      };
      return progress === 600 && level === 1 && performance.silent;
    },
    access: async () => {
      const [rule] = await service.documents('access_rule');
      const isHeard = heard.some(({ type }) => type === 'access.granted');
      return isHeard && (rule!.outbox as unknown[]).length === 0;
    },
    authorize_viewers: () => allViewersGot('stream.authorized'),
    revoke_viewers: () => allViewersGot('stream.revoked'),
    refused_push: async () =>
      (await pushed()).some(({ name, data }) => name === 'goal.updated' && data.includes(id('a6'))),
    'analytics.track': async () =>
      (await service.documents('analytics_event', { event: 'fixture.tracked' })).length === 1,
    'analytics.forward': async () =>
      forwarded.some(({ event, v }) => event === 'fixture.forwarded' && v === undefined),
  };

  it.each(jobs)('is a job that takes effect: %s', async (name, job) => {
    expect(job.data.v).toBeGreaterThanOrEqual(1);
    expect(await effects[name]!()).toBeFalsy();
    await add(job);
    await until(effects[name]!);
  });

  it.each(deliveries)('is a delivery that its handlers take: %s', async (_, delivery) => {
    const { event, handlers } = delivery.data;
    await add(delivery);
    const ledger = `${service.prefix}:ledger:${delivery.event_id}`;
    await until(async () => {
      const done = await service.redis.hkeys(ledger);
      return handlers.every((handler) => done.includes(handler));
    });
    if (!handlers.includes('broadcast')) return;
    // This release tells others the same as that one did, and perhaps more. A message may be behind the note in the ledger.
    const isOfEvent = ({ event_id }: GoalEvent) =>
      event_id === delivery.event_id || event.type === 'goal.progressed';
    const before = envelopes.map(([, envelope]) => envelope);
    const isHeard = (envelope: GoalEvent) => heard.some(({ event_id }) => event_id === envelope.event_id);
    const progressed = 5;
    await until(async () => {
      const found = before.filter((envelope) => isHeard(envelope) && isOfEvent(envelope));
      return found.length >= (event.type === 'goal.progressed' ? progressed : 1);
    });
    const told = before.filter(isHeard);
    for (const envelope of told)
      expect(heard.find(({ event_id }) => event_id === envelope.event_id)).toMatchObject(envelope);
    if (event.type === 'goal.progressed') expect(told).toHaveLength(progressed);
  });

  it('is a request that is created', async () => {
    await until(
      async () => String((await one('session', id('12')))?.trigger_private_goal) === id('a9'),
      30_000,
    );
  }, 40_000);

  it('are goals and a session that are read', async () => {
    const streamer = service.client(streamerId);
    const goals = new Map(stored).get('goal')!;
    const { status, body } = await streamer.get<{ items: { goal_id: string; _cls: string }[] }>('/goals');
    expect(status).toBe(200);
    const shown = body.items.map(({ goal_id, _cls }) => [goal_id, _cls]);
    expect(shown).toEqual(expect.arrayContaining(goals.map(({ _id, _cls }) => [String(_id), _cls])));
    expect(await streamer.session(id('10'))).toMatchObject({
      user: streamerId,
      show_goal_pairs: [{ funding_goal: id('a7'), show_goal: id('a6') }, { show_goal: null }],
      exclusive_goal_pairs: [{ trigger_goal: id('a3'), exclusive_goal: id('a4') }],
      trigger_private_goal: id('a2'),
    });
  });
});

describe('the contract fixtures of all releases', () => {
  const readAll = <Content>(folder: string) => releases.flatMap((release) => read<Content>(release, folder));
  const isOf = (kind: string) => (name: string) => name === kind || name.startsWith(`${kind}.`);
  const lacking = (kinds: readonly string[], names: string[]) =>
    kinds.filter((kind) => !names.some(isOf(kind)));
  const namesIn = (folder: string) => readAll(folder).map(([name]) => name);

  it('have each kind of job, each event, and each class', () => {
    const kinds = queueNames.filter((name) => !isOf('deliveries')(name));
    expect(lacking(kinds, namesIn('jobs'))).toEqual([]);
    expect(lacking(Object.keys(goalRoutes), namesIn('deliveries'))).toEqual([]);
    expect(lacking(goalClasses, namesIn('stored/goal'))).toEqual([]);
  });

  it('have each handler', () => {
    const delivered = new Set(readAll<StoredDelivery>('deliveries').flatMap(([, { data }]) => data.handlers));
    const routed = Object.values(goalRoutes).flatMap((rows) => Object.values(rows).flat());
    expect([...new Set(routed)].filter((handler) => !delivered.has(handler))).toEqual([]);
  });

  it('have each event that other services get', () => {
    expect(lacking(Object.values(goalEvents), namesIn('envelopes'))).toEqual([]);
  });
});
