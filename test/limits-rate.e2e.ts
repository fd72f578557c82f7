import { goalPatterns, type ProblemDetails } from '#contracts';
import { newId } from '#platform';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { Client, tokenFor, until } from './client.js';
import { readMetrics } from './metrics.js';
import { freePort } from './process.js';
import { TestService } from './service.js';

/** A quota in a window that no test outlives. */
const quota = (limit: string) => ({ RATE_LIMIT: `${limit}/3600s` });

let service: TestService;

/** An api alone under these limits. */
async function startApi(env: NodeJS.ProcessEnv): Promise<TestService> {
  service = await TestService.start(env, { apps: ['api'] });
  return service;
}
afterEach(() => service?.stop());

/** Statuses of so many requests, one after the other. */
async function statuses(count: number, send: () => Promise<{ status: number }>): Promise<number[]> {
  const seen: number[] = [];
  while (seen.length < count) seen.push((await send()).status);
  return seen;
}

const plain = async (path: string, headers: Record<string, string> = {}) => {
  const answer = await fetch(service.baseUrl + path, { headers });
  return { status: answer.status, body: (await answer.json()) as ProblemDetails };
};

describe('the quota of a user', () => {
  it('is counted user by user, and refuses with a problem that says when to come again', async () => {
    await startApi(quota('user=3'));
    const [one, other] = [service.client(), service.client()];
    const ask = () => one.get<ProblemDetails>(`/goals/${newId()}`);
    expect(await statuses(3, ask)).toEqual([404, 404, 404]);
    const { status, headers, body } = await ask();
    expect([status, body.code, body.status]).toEqual([429, 'too_many_requests', 429]);
    expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(3000);
    expect(headers.get('ratelimit')).toMatch(/^"user";r=0;t=\d+$/);
    expect(headers.get('ratelimit-policy')).toBe('"user";q=3;w=3600');
    expect((await one.post('/sessions', {})).status).toBe(429);
    const metrics = await readMetrics(service.baseUrl);
    expect(metrics.value('goalpost_refusals_total', { status: '429', reason: 'user' })).toBe(2);
    expect(await service.documents('session')).toEqual([]);
    const granted = await other.get('/goals');
    expect([granted.status, granted.headers.get('ratelimit')?.slice(0, 10)]).toEqual([200, '"user";r=2']);
  });

  it('is another one for services and admins, and none where none is named', async () => {
    await startApi(quota('service=2'));
    for (const role of ['service', 'admin'])
      expect(await statuses(3, () => service.client(role, [role]).get('/goals'))).toEqual([200, 200, 429]);
    const streamer = service.client();
    expect(await statuses(4, () => streamer.get('/goals'))).toEqual([200, 200, 200, 200]);
    expect((await streamer.get('/goals')).headers.get('ratelimit')).toBeNull();
  });

  it('is used up by nobody whose token does not hold', async () => {
    await startApi(quota('user=1'));
    const user = newId();
    const forged = `${await tokenFor(user, [])}x`;
    expect((await plain('/goals', { authorization: `Bearer ${forged}` })).status).toBe(401);
    expect((await service.client(user).get('/goals')).status).toBe(200);
  });

  it('is shared by all apis', async () => {
    await startApi(quota('user=100'));
    await service.startApi();
    const user = newId();
    const [first, second] = service.urls.map((url) => new Client(url, user));
    expect(new Set(await statuses(100, () => first!.get('/goals')))).toEqual(new Set([200]));
    expect((await first!.get('/goals')).status).toBe(429);
    const count = async (key: string) => Number(await service.redis.get(key));
    await until(async () => {
      const keys = (await service.keys()).filter((key) => key.includes(user));
      return (await Promise.all(keys.map(count))).includes(100);
    });
    // The other api learns of them by its first request, or one of the next, and not by using up a quota of its own.
    const seen = await statuses(50, () => second!.get('/goals'));
    expect(seen.filter((status) => status === 200).length).toBeLessThan(25);
    expect(seen.at(-1)).toBe(429);
  });

  it('holds for messages, and the refusal is the same problem', async () => {
    const port = await freePort();
    await startApi({ ...quota('user=1'), MESSAGING_URL: `tcp://127.0.0.1:${port}` });
    const proxy = ClientProxyFactory.create({ transport: Transport.TCP, options: { port } });
    const authorization = `Bearer ${await tokenFor(newId(), [])}`;
    const ask = () =>
      lastValueFrom(proxy.send<never>(goalPatterns.get, { authorization, goal_id: newId() })).catch(
        (error: ProblemDetails) => error,
      );
    expect(await ask()).toMatchObject({ status: 404 });
    expect(await ask()).toMatchObject({ status: 429, code: 'too_many_requests', instance: goalPatterns.get });
    proxy.close();
  });
});

describe('the quota of an address', () => {
  it('counts whatever comes from there but the probes of health, before it is read', async () => {
    await startApi(quota('address=4'));
    const paths = ['/goals', '/nothing', '/docs-json', '/metrics'];
    for (const path of paths) expect((await fetch(service.baseUrl + path)).status).not.toBe(429);
    for (const path of [...paths, '/admin/queues', '/demo'])
      expect([path, (await plain(path)).body.code]).toEqual([path, 'too_many_requests']);
    const huge = { method: 'POST', body: 'x'.repeat(1_000_000), headers: { 'content-type': 'a/b' } };
    expect((await fetch(`${service.baseUrl}/goals`, huge)).status).toBe(429);
    for (const probe of ['/health/live', '/health/ready'])
      expect((await fetch(service.baseUrl + probe)).status).toBe(200);
  });

  const from = (address: string) => plain('/goals', { 'x-forwarded-for': address });

  it('takes nobody at their word for where they come from', async () => {
    await startApi(quota('address=1'));
    expect((await from('10.0.0.1')).status).toBe(401);
    expect((await from('10.0.0.2')).status).toBe(429);
  });

  it('is that of the client where a proxy is trusted', async () => {
    await startApi({ ...quota('address=1'), TRUST_PROXY: '127.0.0.0/8' });
    expect((await from('10.0.0.1')).status).toBe(401);
    expect((await from('10.0.0.2')).status).toBe(401);
    expect((await from('10.0.0.3, 10.0.0.2')).status).toBe(429);
  });
});

describe('the default quotas', () => {
  it('are off by RATE_LIMIT=off', async () => {
    await startApi({ RATE_LIMIT: 'off' });
    const { status, headers } = await service.client().get('/goals');
    expect([status, headers.get('ratelimit')]).toEqual([200, null]);
  });
});
