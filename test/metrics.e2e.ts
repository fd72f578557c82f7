import { newId } from '#platform';
import { StreamReader } from './event-reader.js';
import { readMetrics } from './metrics.js';
import { showBody, timedBody, tokenFor, until } from './client.js';
import { TestProcess } from './process.js';
import { useService } from './service.js';
import { mapAtOnce } from './show-effects.js';
import { WebhookReceiver } from './webhook-receiver.js';

const shows = 7;

describe('the metrics of an api and a worker', () => {
  const service = useService({}, { sink: true, apps: [] });
  const { queues, sink } = service;
  const receiver = new WebhookReceiver();
  const streamer = service.client();
  let api: TestProcess;
  let worker: TestProcess;

  beforeAll(async () => {
    await receiver.start();
    service.beforeStop(() => receiver.stop());
    const env = {
      ...sink.env,
      DELIVERY_BACKOFF_MS: '20',
      WEBHOOK_ALLOW: receiver.host,
      WEBHOOK_RETRY_SECONDS: '0.2,0.2,0.2,0.2',
    };
    [worker, api] = await Promise.all([
      TestProcess.start('worker', service, env),
      TestProcess.start('api', service, env),
    ]);
    service.baseUrl = api.url;
  }, 120_000);

  const createShows = () =>
    mapAtOnce(Array.from({ length: shows }), 4, async () => {
      const { sessionId, fundingGoalId } = await streamer.openFundedSession();
      return streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    });

  it('count as many goals as there were, on every stage of their way', async () => {
    const before = await readMetrics(worker.url);
    sink.misbehave('goal.added', { status: 500 }, 3);
    await createShows();
    await streamer.get('/goals/000000000000000000000000');
    await until(async () => sink.accepted.filter(({ name }) => name === 'goal.added').length === 2 * shows);
    await queues.settled();

    const requests = await readMetrics(api.url);
    const request = (method: string, route: string, status: number) =>
      requests.value('goalpost_http_request_duration_seconds_count', { method, route, status });
    expect(request('POST', '/sessions', 201)).toBe(shows);
    expect(request('POST', '/goals', 202)).toBe(2 * shows);
    expect(request('GET', '/goals/:goal_id', 404)).toBe(1);

    const work = await readMetrics(worker.url);
    const rise = (name: string, labels: object) => work.value(name, labels) - before.value(name, labels);
    const bound = 'goalpost_goal_bound_seconds';
    for (const goal_type of ['show', 'show_funding'])
      expect(rise(`${bound}_count`, { goal_type })).toBe(shows);
    expect(rise(`${bound}_sum`, { goal_type: 'show' })).toBeGreaterThan(0);
    const received = (handler: string) => rise('goalpost_handler_duration_seconds_count', { handler });
    expect(received('bind-show-to-session')).toBe(2 * shows);
    expect(received('bind-show-to-funding')).toBe(shows);
    expect(received('feed')).toBe(2 * shows);
    const failed = (handler: string) => rise('goalpost_handler_failures_total', { handler });
    expect(received('authorize') - failed('authorize')).toBe(shows);
    expect(received('notify') - failed('notify')).toBe(2 * shows);
    const push = (outcome: string) => rise('goalpost_pushes_total', { outcome });
    expect(push('delivered')).toBeGreaterThanOrEqual(2 * shows);
    expect(push('failed')).toBeGreaterThanOrEqual(3);
    // Three calls failed, each of which had events of one goal or of several.
    expect(failed('notify')).toBeGreaterThanOrEqual(3);
    expect(failed('feed')).toBe(0);
  }, 120_000);

  it('count open streams, and calls of webhooks by what came of them', async () => {
    const sessionId = await streamer.openSession();
    const open = async () => (await readMetrics(api.url)).value('goalpost_open_streams');
    const attempts = async (outcome: string) =>
      (await readMetrics(worker.url)).value('goalpost_webhook_attempts_total', { outcome });
    expect([await open(), await attempts('delivered'), await attempts('failed')]).toEqual([0, 0, 0]);

    const headers = { authorization: `Bearer ${await tokenFor('viewer', [])}` };
    const stream = await StreamReader.open(`${api.url}/sessions/${sessionId}/events`, headers);
    expect(await open()).toBe(1);
    await stream.close();
    await until(async () => (await open()) === 0);

    receiver.answer = (_, response) => void response.writeHead(receiver.calls.length === 1 ? 500 : 204).end();
    const body = { url: receiver.url(), session_id: sessionId, events: ['goal.created'] };
    expect((await service.client(newId(), ['service']).post('/webhooks', body)).status).toBe(201);
    await streamer.createGoal('karaoke', timedBody(sessionId));
    await until(async () => (await attempts('delivered')) === 1);
    expect(await attempts('failed')).toBe(1);
  }, 30_000);

  it('show how late timers are', async () => {
    const sessionId = await streamer.openSession();
    const lateness = async (step: string) =>
      (await readMetrics(worker.url)).value('goalpost_timer_lateness_seconds_count', { step });
    const before = { activate: await lateness('activate'), expire: await lateness('expire') };
    const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
    await streamer.createGoal(
      'trigger_private',
      timedBody(sessionId, {}, { nbf: inSeconds(2), exp: inSeconds(3) }),
    );
    await until(async () => (await lateness('expire')) === before.expire + 1);
    expect(await lateness('activate')).toBe(before.activate + 1);
  }, 30_000);

  it('show for how long the oldest job has been waiting, and how many wait', async () => {
    const queue = queues.of('create_goal');
    await queue.pause();
    try {
      const sessionId = await streamer.openSession();
      await streamer.createGoal('karaoke', timedBody(sessionId));
      for (const { url } of [api, worker]) {
        const metrics = await until(async () => {
          const read = await readMetrics(url);
          return read.value('goalpost_queue_oldest_waiting_seconds', { queue: 'create_goal' }) > 0.2 && read;
        });
        expect(metrics.value('goalpost_queue_oldest_waiting_seconds', { queue: 'deliveries' })).toBe(0);
        expect(metrics.value('goalpost_dead_letters', { queue: 'create_goal' })).toBe(0);
      }
    } finally {
      await queue.resume();
    }
    await queues.settled();
    const emptied = await readMetrics(worker.url);
    expect(emptied.value('goalpost_queue_oldest_waiting_seconds', { queue: 'create_goal' })).toBe(0);
  }, 30_000);

  it('come with those of the process, in the names of Prometheus, without ids in their labels', async () => {
    for (const { url } of [api, worker]) {
      const { names, text } = await readMetrics(url);
      expect(names).toEqual(
        expect.arrayContaining(['process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds']),
      );
      for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(text).not.toMatch(/="[0-9a-f]{24}"/);
    }
  });

  it('are open at the worker, as its health is', async () => {
    for (const path of ['/health/live', '/health/ready', '/metrics'])
      expect((await fetch(worker.url + path)).status).toBe(200);
    expect((await fetch(`${worker.url}/goals`)).status).toBe(404);
  });
});
