import { type Server, startMongod, startRedis } from '#local-stack';
import { Redis } from 'ioredis';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './client.js';
import { TestService } from './service.js';

const asks = 500;
/** A second for which an answer is kept, 1.2 s to find out, and what a busy machine takes. */
const redWithinMs = 3_500;

/** Stores of its own: they are watched, and frozen. */
describe('readiness', () => {
  let dataDir: string;
  let stores: { mongod: Server; redis: Server };
  let service: TestService;
  let watcher: Redis;
  /** When Redis was asked for what readiness alone asks for. */
  const redisLooks: number[] = [];

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'goalpost-readiness-'));
    stores = { mongod: await startMongod({ dataDir }), redis: await startRedis({ dataDir }) };
    const client = new Redis(stores.redis.url, { lazyConnect: true });
    service = await TestService.start(
      { MONGO_URL: stores.mongod.url, REDIS_URL: stores.redis.url },
      { apps: ['api'] },
    );
    watcher = await client.monitor();
    client.disconnect();
    watcher.on('monitor', (_, [name, key]: string[]) => {
      if (name === 'exists' && key === `{${service.prefix}}`) redisLooks.push(Date.now());
    });
  }, 60_000);
  afterAll(async () => {
    watcher?.disconnect();
    await service?.stop();
    await stores?.mongod.stop();
    await stores?.redis.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const status = async () => (await fetch(`${service.urls[0]}/health/ready`)).status;
  const all = () => Promise.all(Array.from({ length: asks }, status));
  /** How often MongoDB was asked for its state meanwhile; the drivers ask a few times a second by themselves. */
  const mongoLooks = async (work: () => Promise<unknown>) => {
    const count = async () => {
      const { metrics } = await service.mongo.db!.command({ serverStatus: 1 });
      return (metrics as { commands: { hello: { total: number } } }).commands.hello.total;
    };
    const before = await count();
    await work();
    return (await count()) - before;
  };

  it('looks once a second, however many ask', async () => {
    await until(async () => (await status()) === 200);
    redisLooks.length = 0;
    const begin = Date.now();
    const looks = await mongoLooks(async () => expect(new Set(await all())).toEqual(new Set([200])));
    expect(looks).toBeLessThan(asks / 10);
    expect(redisLooks.length).toBeLessThanOrEqual(1 + (Date.now() - begin) / 1000);

    await until(async () => (await status()) === 200 && redisLooks.length > 1);
    expect(redisLooks[1]! - redisLooks[0]!).toBeGreaterThan(500);
  });

  it.each(['mongod', 'redis'] as const)(
    'is red soon after the %s froze, for all, and green again',
    async (store) => {
      await until(async () => (await status()) === 200);
      const { pid } = stores[store];
      process.kill(pid, 'SIGSTOP');
      try {
        await until(async () => (await status()) === 503, redWithinMs);
        if (store === 'redis') expect(await mongoLooks(all)).toBeLessThan(asks / 10);
        expect(new Set(await all())).toEqual(new Set([503]));
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await until(async () => (await status()) === 200);
    },
  );
});
