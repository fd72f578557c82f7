import { goalRoutes } from '#goals';
import { type Server, startRedis } from '#local-stack';
import { jest } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from './client.js';
import { storeCrowd } from './explain-crowd.js';
import { Drive } from './explain-drive.js';
import { faultsOf, lineOf, profile, type Profiled, profiled } from './explain-profile.js';
import { runOperation } from './process.js';
import { useService } from './service.js';
import { takeScatters } from './sharding/command-faults.js';
import shardKeys from './sharding/shard-keys.json' with { type: 'json' };

describe('what goalpost asks of MongoDB, with thousands of documents stored', () => {
  let dataDir: string;
  let broker: Server;
  let drive: Drive;
  let operations: string[];
  let entries: Profiled[];
  const called = new Set<string>();

  beforeAll(async () => {
    // A Redis of its own for events to others, as who listens on a shared one would hear them.
    dataDir = await mkdtemp(join(tmpdir(), 'goalpost-explain-'));
    broker = await startRedis({ dataDir });
  });
  const service = useService(() => ({ SWEEP_INTERVAL_MS: '300', MESSAGING_URL: broker.url }), { sink: true });
  beforeAll(async () => {
    const send = jest.spyOn(Client.prototype, 'send');
    await profile(service);
    await storeCrowd(service);
    drive = new Drive(service);
    await drive.createEveryClass();
    await drive.read();
    await drive.contribute();
    await drive.perform();
    await drive.end();
    operations = await drive.operate();
    await drive.look();
    for (const [method, path] of send.mock.calls) called.add(`${method.toLowerCase()} ${path.split('?')[0]}`);
    send.mockRestore();
    entries = await profiled(service);
  }, 120_000);
  afterAll(async () => {
    await broker?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('was all asked for: every endpoint, every handler, every operation', async () => {
    const document = (await drive.streamer.get<{ paths: Record<string, object> }>('/docs-json')).body;
    const endpoints = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const wasCalled = (endpoint: string) => {
      const form = new RegExp(`^${endpoint.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
      return [...called].some((call) => form.test(call));
    };
    expect(endpoints.filter((endpoint) => !wasCalled(endpoint))).toEqual([]);

    const ledger = (await service.keys()).filter((key) => key.startsWith(`${service.prefix}:ledger:`));
    const ran = new Set((await Promise.all(ledger.map((key) => service.redis.hkeys(key)))).flat());
    const routed = new Set(Object.values(goalRoutes).flatMap((rows) => Object.values(rows).flat()));
    expect([...routed].filter((handler) => !ran.has(handler))).toEqual([]);

    const { lines } = await runOperation(service, 'help');
    const commands = lines
      .slice(lines.indexOf('Commands:'))
      .flatMap((line) => /^ {2}([a-z]+)/.exec(line)?.[1] ?? []);
    expect([...operations, 'help'].toSorted()).toEqual(commands.toSorted());
  });

  it('has an index that answers it, without reading or sorting much more than it returns', () => {
    expect(entries.length).toBeGreaterThan(500);
    const collections = new Set(entries.map(({ ns }) => ns.split('.').slice(1).join('.')));
    for (const collection of ['goal', 'session', 'goal_contribution', 'livestream_feed', 'analytics_event'])
      expect(collections).toContain(collection);
    const dear = entries.filter((entry) => faultsOf(entry).length > 0);
    expect([...new Set(dear.map(lineOf))]).toEqual([]);
  });

  it('asks all shards for no other reasons than those that are listed, and for each of them', async () => {
    // Those that need a fault are needed by another test.
    const scatters = Object.values(shardKeys).flatMap(
      (one) => one.scatters as { why: string; in?: string }[],
    );
    const reasons = scatters.flatMap((one) => (one.in === undefined ? [one.why] : []));
    expect((await takeScatters(service.prefix)).toSorted()).toEqual([...new Set(reasons)].toSorted());
  });

  it('would be seen, had it none', async () => {
    const goals = service.mongo.collection('goal');
    await goals.find({ level: 7 }).toArray();
    await goals.find({ status: 'active' }).sort({ exp: 1 }).limit(5).toArray();
    const own = await service.mongo
      .collection<Profiled>('system.profile')
      .find({ appName: service.appName, op: 'query', ns: /\.goal$/ })
      .toArray();
    const faults = own.flatMap((entry) => faultsOf(entry as unknown as Profiled));
    expect(faults).toEqual(expect.arrayContaining(['reads the whole collection', 'sorts in memory']));
  });
});
