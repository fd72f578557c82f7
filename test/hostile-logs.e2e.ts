import { newId } from '#platform';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tokenFor, testSecret, until } from './client.js';
import { freePort, inherited } from './process.js';
import { useService } from './service.js';
import { bearer, claims, hmac } from './token-cases.js';

/** Runs an api of the built code, and keeps all that it writes. */
function run(env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ['dist/apps/api/src/main.js'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  return { child, closed: once(child, 'close'), output: () => output };
}

describe('what a process writes', () => {
  const service = useService({}, { apps: [] });
  let env: NodeJS.ProcessEnv;

  beforeAll(() => {
    const { mongo, redis } = service.config;
    env = {
      ...inherited,
      MONGO_URL: mongo.url,
      REDIS_URL: redis.url,
      REDIS_PREFIX: redis.prefix,
      JWT_SECRET: testSecret,
      MESSAGING_URL: 'off',
      LOG_LEVEL: 'trace',
    };
  });

  it('has no token, no key, no secret and no body in it, whatever is asked', async () => {
    const port = await freePort();
    const api = run({
      ...env,
      PORT: String(port),
      PUSHER_APP_ID: '1',
      PUSHER_KEY: 'key',
      PUSHER_SECRET: 'the-pusher-secret',
    });
    const url = `http://127.0.0.1:${port}`;
    await until(
      () =>
        fetch(`${url}/health/ready`).then(
          ({ ok }) => ok,
          () => false,
        ),
      20_000,
    );
    const good = await tokenFor(newId(), ['streamer', 'admin']);
    const forged = await hmac(claims(newId()), 'another-secret-of-32-characters-or-more');
    const mark = 'a-mark-that-is-written-nowhere';
    const post = (path: string, token: string, body: string, more: Record<string, string> = {}) =>
      fetch(url + path, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'idempotency-key': `${mark}-key`,
          ...more,
        },
        body,
      });
    await post('/sessions', good, '{}');
    await post('/sessions', forged, '{}');
    await post('/goals?goal_type=show', good, `{"title":"${mark}"`);
    await post('/goals?goal_type=show', good, `{"${mark}":"${mark}"}`);
    await post('/pusher/auth', good, JSON.stringify({ socket_id: '1.1', channel_name: `private-${mark}` }));
    await fetch(`${url}/admin/queues`, { headers: { cookie: `goalpost_admin=${good}` } });
    await fetch(`${url}/admin/queues`, { headers: { authorization: await bearer(forged) } });
    api.child.kill('SIGTERM');
    await api.closed;
    const output = api.output();
    expect(output).toContain('ready');
    for (const secret of [
      good,
      forged,
      testSecret,
      'the-pusher-secret',
      mark,
      good.split('.')[2]!,
      forged.split('.')[2]!,
    ])
      expect(output).not.toContain(secret);
  });

  it.each([
    ['JWT_SECRET', 'too-short-a-secret'],
    ['MONGO_URL', 'mongodb//user:the-password@127.0.0.1/goalpost'],
    ['REDIS_URL', 'redis//:the-password@127.0.0.1'],
    ['PUSHER_ENCRYPTION_MASTER_KEY', 'the-password-in-no-base64-of-32-bytes'],
  ])('names %s where it does not hold, and not what it is', async (name, value) => {
    const api = run({ ...env, [name]: value });
    await api.closed;
    expect(api.child.exitCode).toBe(1);
    expect(api.output()).toContain(`${name}: `);
    expect(api.output()).not.toContain(value);
    expect(api.output()).not.toContain('the-password');
  });

  it('has no password in it where a store refuses one', async () => {
    const port = await freePort();
    const url = new URL(service.config.redis.url);
    url.password = 'the-password';
    const api = run({ ...env, PORT: String(port), REDIS_URL: url.href });
    await until(async () => /Redis/.test(api.output()), 20_000);
    await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
    api.child.kill('SIGKILL');
    await api.closed;
    expect(api.output()).not.toContain('the-password');
  });
});
