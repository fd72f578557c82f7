import { openRedis } from '#platform';
import { setTimeout } from 'node:timers/promises';
import { until } from './client.js';
import { shortLocks, TestProcess } from './process.js';
import { Balancer, keepAsking, type Seen } from './rolling-clients.js';
import { useService } from './service.js';

const clients = 30;
const delayMs = 600;

describe('a rolling restart under load', () => {
  const service = useService({}, { apps: [] });
  const start = (app: 'api' | 'worker') =>
    TestProcess.start(app, service, { ...shortLocks, SHUTDOWN_DELAY_MS: String(delayMs) });

  it('fails no request of clients that keep their connections, and leaves no job behind', async () => {
    const apis = await Promise.all([start('api'), start('api')]);
    const workers = await Promise.all([start('worker'), start('worker')]);
    const stalled: string[] = [];
    const subscriber = openRedis(service.config.redis.url, {});
    service.beforeStop(() => subscriber.disconnect());
    await subscriber.psubscribe(`{${service.prefix}}:*:stalled@*`);
    subscriber.on('pmessage', (_, channel: string) => stalled.push(channel));

    const balancer = new Balancer();
    for (const { url } of apis) balancer.add(url);
    service.baseUrl = apis[0].url;
    const streamer = service.client();
    const seen: Seen = { requests: 0, toldToClose: 0, accepted: [], failures: [] };
    const load = new AbortController();
    service.beforeStop(() => {
      load.abort();
      return balancer.stop();
    });
    const asking = Array.from({ length: clients }, async () => {
      const sessionId = await streamer.openSession();
      await keepAsking(balancer, { userId: streamer.userId, sessionId }, seen, load.signal);
    });
    await until(async () => seen.requests > 300);

    for (let stop = 0; stop < 3; stop++) {
      const replaced = stop < 2 ? [start('api'), start('worker')] : [start('api')];
      const [api, newWorker] = (await Promise.all(replaced)) as [TestProcess, TestProcess?];
      balancer.add(api.url);
      apis.push(api);
      const old = apis.shift()!;
      const told = seen.toldToClose;
      const begunAt = performance.now();
      const ended = old.end('SIGTERM');
      const workerEnded = newWorker && workers.shift()!.end('SIGTERM');
      await until(async () => !balancer.isReady(old.url), delayMs);
      expect(await ended).toBe(0);
      expect(performance.now() - begunAt).toBeGreaterThanOrEqual(delayMs);
      balancer.remove(old.url);
      expect(await (workerEnded ?? 0)).toBe(0);
      if (newWorker) workers.push(newWorker);
      expect(seen.toldToClose - told).toBeGreaterThan(clients / 4);
      await setTimeout(100);
    }
    load.abort();
    await Promise.all(asking);
    await balancer.stop();
    await service.queues.settled(20_000);

    expect(seen.failures).toEqual([]);
    expect(seen.requests).toBeGreaterThan(500);
    service.baseUrl = apis[0].url;
    const stored = await service.documents('goal', { status: { $in: ['active', 'scheduled'] } });
    expect(stored.map(({ _id }) => String(_id))).toEqual(expect.arrayContaining(seen.accepted));
    expect(stalled).toEqual([]);
  }, 120_000);

  it('is ready no more at once, closes each connection, and hurries if it is asked twice', async () => {
    const api = await TestProcess.start('api', service, { SHUTDOWN_DELAY_MS: '60000' });
    const ended = api.end('SIGTERM');
    const look = (path: string) => fetch(`${api.url}${path}`);
    await until(async () => (await look('/health/ready')).status === 503);
    expect(await (await look('/health/ready')).json()).toMatchObject({
      code: 'unavailable',
      detail: 'The process is stopping.',
    });
    for (const path of ['/health/live', '/sessions/1', '/nothing', '/docs-json']) {
      const answer = await look(path);
      expect([path, answer.status < 500, answer.headers.get('connection')]).toEqual([path, true, 'close']);
    }
    await Promise.all([api.end('SIGINT'), ended]);
    expect(await ended).toBe(0);
  }, 60_000);
});
