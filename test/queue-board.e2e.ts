import { newId } from '#platform';
import type { Job } from 'bull';
import { timedBody, tokenFor, until } from './client.js';
import { linesOf } from './log-lines.js';
import { TestProcess } from './process.js';
import { useService } from './service.js';

interface Board {
  queues: {
    name: string;
    counts: Record<string, number>;
    jobs: { id: string; failedReason?: string; data: unknown }[];
  }[];
}

describe('what operators see over HTTP', () => {
  const service = useService({ DELIVERY_ATTEMPTS: '1' }, { sink: true });
  const { queues, sink } = service;

  const board = (query: string, headers: Record<string, string>) =>
    fetch(`${service.baseUrl}/admin/queues${query}`, { headers, redirect: 'manual' });
  const bearer = async (...roles: string[]) => ({ authorization: `Bearer ${await tokenFor('ops', roles)}` });

  it.each([
    ['without a token', async () => ({}), 401, 'unauthorized'],
    ['to a streamer', () => bearer('streamer'), 403, 'forbidden'],
    ['to a service', () => bearer('service'), 403, 'forbidden'],
  ])('the board is closed %s', async (_, headers, status, code) => {
    for (const path of ['', '/', '/api/queues', '/static/index.js']) {
      const answer = await board(path, await headers());
      expect([answer.status, await answer.text()]).toEqual([
        status,
        expect.stringContaining(`"code":"${code}"`),
      ]);
    }
  });

  it('a browser gives its token once and is let in by the cookie', async () => {
    const asked = await board('', { accept: 'text/html' });
    expect([asked.status, await asked.text()]).toEqual([401, expect.stringContaining('name="token"')]);
    const token = await tokenFor('ops', ['admin']);
    const given = await fetch(`${service.baseUrl}/admin/queues/token`, {
      method: 'POST',
      body: new URLSearchParams({ token }),
      redirect: 'manual',
    });
    expect([given.status, given.headers.get('location')]).toEqual([303, '/admin/queues']);
    const cookie = given.headers.get('set-cookie') ?? '';
    expect(cookie).toContain('HttpOnly; SameSite=Strict');
    const page = await board('', { accept: 'text/html', cookie: cookie.split(';')[0] ?? '' });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('goalpost queues')]);
  });

  it('the dead are on the board and in the metrics, and can be replayed from there', async () => {
    // Nothing else is pushed of such a goal that could fail in the same call.
    sink.misbehave('goal.added', { status: 500 });
    const streamer = service.client();
    for (const _ of ['one', 'two']) {
      const sessionId = await streamer.openSession();
      const goalId = await streamer.createGoal('karaoke', timedBody(sessionId));
      await until(async () => (await streamer.session(sessionId)).karaoke_goal === goalId);
    }
    await queues.settled();
    const admin = await bearer('admin');
    const metrics = () => fetch(`${service.baseUrl}/metrics`).then((answer) => answer.text());
    expect(await metrics()).toContain('goalpost_dead_letters{queue="deliveries.push"} 2');

    const shown = await board(
      '/api/queues?activeQueue=deliveries.push&status=failed&page=1&jobsPerPage=10',
      admin,
    );
    expect([shown.status, shown.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('application/json'),
    ]);
    const push = ((await shown.json()) as Board).queues.find(({ name }) => name === 'deliveries.push');
    expect(push?.counts.failed).toBe(2);
    expect(push?.jobs.map(({ failedReason }) => failedReason)).toEqual([
      expect.stringContaining('500'),
      expect.stringContaining('500'),
    ]);
    sink.behave();
    const retry = `${service.baseUrl}/admin/queues/api/queues/deliveries.push/retry/failed`;
    expect((await fetch(retry, { method: 'PUT', headers: admin })).status).toBe(200);
    await until(async () => sink.accepted.filter(({ name }) => name === 'goal.added').length === 2);
    await until(async () => (await metrics()).includes('goalpost_dead_letters{queue="deliveries.push"} 0'));
  });

  it('metrics need no token and show how full each queue is', async () => {
    const answer = await fetch(`${service.baseUrl}/metrics`);
    expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    const text = await answer.text();
    for (const queue of ['create_goal', 'lifecycle', 'deliveries', 'deliveries.push', 'analytics.track'])
      expect(text).toContain(`goalpost_queue_jobs{queue="${queue}",state="waiting"}`);
    expect(text).toContain('process_resident_memory_bytes');
  });
});

const path = '/admin/queues';

describe('what an admin can do on the queue board', () => {
  const service = useService({ DELIVERY_ATTEMPTS: '2' }, { apps: ['api'] });
  const { queues } = service;
  const streamer = service.client();
  let cookie: string;
  let authorization: string;

  beforeAll(async () => {
    const token = await tokenFor('ops', ['admin']);
    cookie = `goalpost_admin=${token}`;
    authorization = `Bearer ${token}`;
  });

  const send = async (method: string, action: string, headers: Record<string, string>, body?: object) => {
    const answer = await fetch(`${service.baseUrl}${path}${action}`, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, text };
  };
  const asAdmin = (method: string, action: string, body?: object) =>
    send(method, action, { authorization }, body);

  /** All that Redis holds of a queue. */
  const contents = async (queue: string): Promise<Record<string, unknown>> => {
    const keys = (await service.keys()).filter((key) => key.startsWith(`{${service.prefix}}:${queue}:`));
    const dumps = keys.map(async (key) => [key, (await service.redis.dumpBuffer(key)).toString('hex')]);
    return Object.fromEntries(await Promise.all(dumps)) as Record<string, unknown>;
  };

  /** A job of a queue that has run out of its tries, as Bull leaves it. */
  const die = async (name: string): Promise<Job> => {
    const queue = queues.of(name);
    const job = await queue.add('job', {}, { jobId: newId(), attempts: 2 });
    await service.redis
      .multi()
      .lrem(queue.toKey('wait'), 0, String(job.id))
      .zadd(queue.toKey('failed'), Date.now(), String(job.id))
      .hset(queue.toKey(String(job.id)), { attemptsMade: 2, failedReason: 'broken', finishedOn: Date.now() })
      .exec();
    return job;
  };

  it.each([
    ['PUT', '/pause', undefined],
    ['PUT', '/resume', undefined],
    ['PUT', '/create_goal/empty', undefined],
    ['PUT', '/create_goal/obliterate', { force: true }],
    ['PUT', '/create_goal/pause', undefined],
    ['PUT', '/create_goal/resume', undefined],
    ['PUT', '/create_goal/promote', undefined],
    ['PUT', '/create_goal/concurrency', { concurrency: 1 }],
    ['PUT', '/create_goal/rate-limit', { max: 1, duration: 1000 }],
    ['PUT', '/create_goal/rate-limit/release', undefined],
    ...['wait', 'active', 'completed', 'failed', 'delayed', 'paused'].map(
      (status) => ['PUT', `/create_goal/clean/${status}`, undefined] as const,
    ),
    ['PUT', '/create_goal/retry/completed', undefined],
    ['PUT', '/create_goal/retry/delayed', undefined],
    ['POST', '/create_goal/add', { name: 'create_goal', data: {}, options: {} }],
    ['PUT', '/create_goal/:waiting/clean', undefined],
    ['PUT', '/create_goal/:waiting/promote', undefined],
    ['PATCH', '/create_goal/:waiting/update-data', { jobData: {} }],
    ['PATCH', '/create_goal/:waiting/delay', { delay: 1 }],
    ['PATCH', '/create_goal/:waiting/priority', { priority: 1 }],
    ['PUT', '/create_goal/:waiting/remove-unprocessed-children', undefined],
    ['PUT', '/create_goal/job-schedulers/some/remove', undefined],
    ['PUT', '/create_goal/job-schedulers/some/run', undefined],
    ['PATCH', '/create_goal/job-schedulers/some', { pattern: '* * * * *' }],
    ['DELETE', '/create_goal/:waiting', undefined],
    ['POST', '/create_goal/whatever/comes', {}],
  ] as const)('changes no queue: %s %s is refused', async (method, action, body) => {
    const goalId = await streamer.createGoal('show_funding', timedBody(await streamer.openSession()));
    await queues.of('create_goal').add('job', {}, { jobId: newId(), delay: 3_600_000 });
    const before = await contents('create_goal');
    expect(Object.keys(before).length).toBeGreaterThan(3);
    const { status, text } = await asAdmin(method, `/api/queues${action.replace(':waiting', goalId)}`, body);
    expect([status, text]).toEqual([403, expect.stringContaining('"code":"forbidden"')]);
    expect(await contents('create_goal')).toEqual(before);
    expect((await streamer.goal(goalId)).status).toBe('pending');
  });

  it('replays one that is dead, with all its tries', async () => {
    const [job, other] = [await die('lifecycle'), await die('lifecycle')];
    const { status, text } = await asAdmin('PUT', `/api/queues/lifecycle/${job.id}/retry`);
    expect([status, text]).toEqual([204, '']);
    const replayed = await queues.of('lifecycle').getJob(job.id);
    expect([await replayed!.getState(), replayed!.attemptsMade]).toEqual(['waiting', 0]);
    expect(await other.isFailed()).toBe(true);
  });

  it('replays all that are dead of a queue, with all their tries', async () => {
    const dead: Job[] = [];
    while (dead.length < 250) dead.push(await die('funding'));
    const elsewhere = await die('end_session');
    const { status, text } = await asAdmin('PUT', '/api/queues/funding/retry/failed');
    expect([status, JSON.parse(text)]).toEqual([200, { retried: 250, skipped: 0 }]);
    expect(await queues.of('funding').getFailedCount()).toBe(0);
    const replayed = await queues.of('funding').getWaiting();
    expect(replayed.map(({ attemptsMade }) => attemptsMade)).toEqual(Array.from({ length: 250 }, () => 0));
    expect(await elsewhere.isFailed()).toBe(true);
  });

  it('replays nothing that is not dead', async () => {
    const goalId = await streamer.createGoal('show_funding', timedBody(await streamer.openSession()));
    const { status } = await asAdmin('PUT', `/api/queues/create_goal/${goalId}/retry`);
    expect([status, (await streamer.goal(goalId)).status]).toEqual([404, 'pending']);
  });

  it.each(['/nothing/retry/failed', '/nothing/1/retry', '/lifecycle/nothing/retry'])(
    'finds nothing to replay at %s',
    async (action) => {
      const { status, text } = await asAdmin('PUT', `/api/queues${action}`);
      expect([status, text]).toEqual([404, expect.stringContaining('"code":"not_found"')]);
    },
  );

  it.each([
    ['by the cookie from a page of another origin', () => ({ cookie, origin: 'https://elsewhere.example' })],
    ['by the cookie from a page that hides its origin', () => ({ cookie, origin: 'null' })],
    ['by the cookie from another port', () => ({ cookie, origin: 'http://127.0.0.1:1' })],
    ['by the cookie from nowhere', () => ({ cookie })],
    [
      'by a header from a page of another origin',
      () => ({ authorization, origin: 'https://elsewhere.example' }),
    ],
  ])('replays nothing %s', async (_, headers) => {
    const job = await die('end_session');
    for (const action of [`${job.id}/retry`, 'retry/failed']) {
      const { status, text } = await send('PUT', `/api/queues/end_session/${action}`, headers());
      expect([status, text]).toEqual([403, expect.stringContaining('"code":"forbidden"')]);
    }
    expect(await job.isFailed()).toBe(true);
  });

  it('replays by the cookie from a page of its own', async () => {
    const job = await die('end_session');
    const url = service.baseUrl;
    const answer = await fetch(`${url}${path}/api/queues/end_session/${job.id}/retry`, {
      method: 'PUT',
      headers: { cookie, origin: url },
    });
    expect(answer.status).toBe(204);
    expect(await job.isWaiting()).toBe(true);
  });

  it('takes a token from no form of another origin', async () => {
    const form = (headers: Record<string, string>) =>
      fetch(`${service.baseUrl}${path}/token`, {
        method: 'POST',
        headers,
        body: new URLSearchParams({ token: authorization.slice('Bearer '.length) }),
        redirect: 'manual',
      });
    const foreign = await form({ origin: 'https://elsewhere.example' });
    expect([foreign.status, foreign.headers.get('set-cookie')]).toEqual([403, null]);
    expect((await form({})).headers.get('set-cookie')).toContain('goalpost_admin=');
  });

  it('is in the log with who did it, and what was refused', async () => {
    const api = await TestProcess.start('api', service, { LOG_LEVEL: 'info' });
    const { baseUrl } = service;
    try {
      service.baseUrl = api.url;
      const job = await die('lifecycle');
      await asAdmin('PUT', `/api/queues/lifecycle/${job.id}/retry`);
      await asAdmin('PUT', '/api/queues/lifecycle/retry/failed');
      await asAdmin('PUT', '/api/queues/create_goal/empty');
      await send('PUT', '/api/queues/lifecycle/retry/failed', {
        cookie,
        origin: 'https://elsewhere.example',
      });
      await api.end('SIGTERM');
      const lines = linesOf(api).filter(({ context }) => context === 'QueueBoard');
      const said = lines.map(({ level, actor, action, outcome }) => [level, actor, action, outcome]);
      const of = (action: string) => `PUT ${path}/api/queues/${action}`;
      expect(said).toEqual([
        ['info', 'ops', of(`lifecycle/${job.id}/retry`), 204],
        ['info', 'ops', of('lifecycle/retry/failed'), 200],
        ['info', 'ops', of('create_goal/empty'), 403],
        ['info', 'ops', of('lifecycle/retry/failed'), 403],
      ]);
    } finally {
      service.baseUrl = baseUrl;
      await api.end('SIGTERM');
    }
  }, 60_000);
});
