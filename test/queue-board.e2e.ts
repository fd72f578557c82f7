import { showBody, tokenFor, until } from './client.js';
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
    // The funding goal's alone, and the show goal's beside authorize, which has a second try alone.
    sink.misbehave('goal.added', { status: 500 }, 3);
    const streamer = service.client();
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    await until(async () => (await streamer.session(sessionId)).show_goal_pairs[0]?.show_goal === goalId);
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
