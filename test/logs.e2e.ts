import { goalPatterns } from '#contracts';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { lastValueFrom } from 'rxjs';
import { testSecret, timedBody, tokenFor, until } from './client.js';
import { linesOf } from './log-lines.js';
import { LoggedService } from './logged-service.js';
import { freePort, inherited } from './process.js';

const handlers = [
  'authorize',
  'bind-show-to-funding',
  'bind-show-to-session',
  'channel-cache',
  'event-log',
  'event-log',
  'feed',
  'notify',
  'schedule-show-end',
  'track',
];
/** Of the funding goal, which expires by its show and is updated. */
const handlersOfFunding = [
  'event-log',
  'event-log',
  'notify-lifecycle',
  'notify-lifecycle',
  'track-lifecycle',
  'track-lifecycle',
];
const queueNames = ['create_goal', 'analytics.track', 'deliveries.push'];

describe('the logs of an api and a worker', () => {
  let logged: LoggedService;
  afterEach(() => logged?.stop());

  it('show the whole course of a goal, by the id of its request and by its own', async () => {
    logged = await LoggedService.start('debug');
    const show = await logged.showInSession();
    logged.sink.misbehave('goal.added', { status: 500 }, 3);
    const goalId = await logged.createShow(show, { 'x-request-id': 'request-of-a-show' });
    await logged.end();

    for (const line of logged.lines)
      expect(line).toMatchObject({
        level: expect.stringMatching(/^(debug|info|warn)$/),
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        app: expect.stringMatching(/^(api|worker)$/),
        context: expect.any(String),
        msg: expect.any(String),
      });
    const lines = logged.lines.filter(({ request_id }) => request_id === 'request-of-a-show');
    expect(lines[0]).toMatchObject({
      level: 'info',
      app: 'api',
      msg: 'POST /goals 202',
      goal_id: goalId,
      method: 'POST',
      route: '/goals',
      status: 202,
      ms: expect.any(Number),
    });
    const done = (what: string) => lines.filter(({ msg }) => msg === `${what} done`);
    const through = (isOfShow: boolean) =>
      done('handler')
        .filter(({ goal_id }) => (goal_id === goalId) === isOfShow)
        .map(({ handler }) => String(handler))
        .toSorted((one, other) => (one < other ? -1 : 1));
    expect(through(true)).toEqual(handlers);
    expect(through(false)).toEqual(handlersOfFunding);
    for (const line of done('handler'))
      expect(line).toMatchObject({
        level: 'debug',
        goal_id: expect.stringMatching(/^[0-9a-f]{24}$/),
        event_id: expect.stringMatching(/^[0-9a-f]{24}$/),
        ms: expect.any(Number),
      });
    expect(new Set(done('job').map(({ queue }) => queue))).toEqual(new Set(queueNames));
    const failed = lines.filter(({ level }) => level === 'warn');
    expect(failed.filter(({ handler }) => handler === 'notify')).toHaveLength(3);
    for (const line of failed)
      expect(line).toMatchObject({
        // What is sent to the owners of tickets may share a call with it.
        handler: expect.stringMatching(/^(notify|authorize)$/),
        goal_id: goalId,
        msg: expect.stringContaining('Pusher answered 500'),
      });

    const named = logged.lines.filter(({ goal_id }) => goal_id === goalId);
    expect(new Set(named.map(({ request_id }) => request_id))).toEqual(new Set(['request-of-a-show']));
    expect(new Set(named.map(({ handler }) => handler))).toEqual(new Set([undefined, ...handlers]));
  }, 120_000);

  it('have one line at info for a request that changes something or is refused, and none from the worker', async () => {
    logged = await LoggedService.start('info');
    const { api, worker, streamer } = logged;
    const goalId = await logged.createShow(await logged.showInSession());
    await streamer.goal(goalId);
    await streamer.get('/goals/000000000000000000000000');
    await streamer.get('/nowhere?token=1');
    await logged.end();
    const requests = linesOf(api).filter(({ context }) => context === 'Http');
    expect(requests.map(({ msg }) => msg)).toEqual([
      'POST /sessions 201',
      'POST /goals 202',
      'POST /goals 202',
      'GET /goals/:goal_id 404',
      'GET none 404',
    ]);
    expect(requests.at(-1)).toMatchObject({ path: '/nowhere' });
    for (const { request_id } of requests) expect(request_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(linesOf(worker).map(({ context }) => context)).toEqual(['worker', 'worker']);
  }, 120_000);

  it('have one for each message that was let in, and carry its id on like that of a request', async () => {
    const port = await freePort();
    logged = await LoggedService.start('info', { MESSAGING_URL: `tcp://127.0.0.1:${port}` });
    const { api, worker, streamer, sink } = logged;
    const authorization = `Bearer ${await tokenFor(streamer.userId, ['streamer'])}`;
    const message = { authorization, goal_type: 'show', ...(await logged.showInSession()) };
    sink.misbehave('goal.added', { status: 500 }, 1);
    const proxy = ClientProxyFactory.create({ transport: Transport.TCP, options: { port } });
    const create = () => lastValueFrom(proxy.send<{ goal_id: string }>(goalPatterns.create, message));
    const { goal_id } = await create();
    await expect(create()).rejects.toMatchObject({ status: 409 });
    await proxy.close();
    await until(async () => worker.lines.some((line) => line.includes('handler failed')));
    await logged.end();

    const [accepted, refused] = linesOf(api).filter(({ context }) => context === 'Messages');
    expect(accepted).toMatchObject({ msg: 'goals.create answered', goal_id, pattern: 'goals.create' });
    expect(refused).toMatchObject({ msg: 'goals.create refused', request_id: expect.any(String) });
    const { request_id } = linesOf(worker).find(({ msg }) => msg.startsWith('handler failed'))!;
    expect(request_id).toBe(accepted?.request_id);
  }, 120_000);
});

describe('an api and a worker that log all they can', () => {
  let logged: LoggedService;
  beforeAll(async () => {
    logged = await LoggedService.start('trace');
  }, 120_000);
  afterAll(() => logged?.stop());

  it('call a request as its client does, where that is sane, and name it to the client', async () => {
    const idOf = async (path: string, id?: string) =>
      (await logged.streamer.get(path, id ? { 'x-request-id': id } : {})).headers.get('x-request-id');
    for (const path of [
      '/health/live',
      '/goals',
      '/nowhere',
      '/goals/%E0%A4%A',
      `/goals/${'a'.repeat(501)}`,
    ]) {
      expect(await idOf(path, 'client-chose-this')).toBe('client-chose-this');
      expect(await idOf(path, 'not sane')).toMatch(/^[0-9a-f-]{36}$/);
      expect(await idOf(path)).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('have no secret and no token in their lines, whatever goes wrong', async () => {
    const { streamer, service, sink } = logged;
    const token = await tokenFor(streamer.userId, ['streamer']);
    const broken = `${token.slice(0, -4)}AAAA`;
    const key = 'an-idempotency-key-of-ours';
    const idempotency = { 'idempotency-key': key };
    const show = await logged.showInSession();
    sink.misbehave('goal.added', 'close', 1);
    // The body of a refusal is logged, and may repeat what it was asked with.
    sink.misbehave('goal.added', { status: 500, body: `sink-secret, ${testSecret}, ?token=${broken}` }, 1);
    const goalId = await logged.createShow(show, idempotency);
    const paths = ['/goals/', '/', '/goals/%E0%A4%A/', `/goals/${goalId}?token=`, '/nowhere?token='];
    for (const path of paths) await streamer.get(path + token, idempotency);
    await streamer.get('/sessions', { authorization: `Bearer ${broken}` });
    await streamer.post('/goals?goal_type=show', { token, password: 'hunter22' });
    await streamer.post('/goals', `{"token": "${token}"`, { 'x-request-id': token });
    const sessionId = await streamer.openSession();
    await service.redis.set(`{${service.prefix}}:create_goal:id`, 'no number, so that no job can be added');
    const failing = await streamer.post('/goals?goal_type=karaoke', timedBody(sessionId), {
      'idempotency-key': `${key}-2`,
    });
    expect(failing.status).toBe(500);
    await logged.end();

    const { lines } = logged;
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    expect(lines.some(({ msg }) => msg.includes('Pusher cannot be reached'))).toBe(true);
    expect(lines.some(({ msg }) => msg.includes('500: [redacted], [redacted], '))).toBe(true);
    expect(lines.some(({ level }) => level === 'trace')).toBe(true);
    const hidden = [token, broken, key, 'hunter22', testSecret, 'eyJ', 'auth_signature', 'sink-secret'];
    const printed = [...logged.api.lines, ...logged.worker.lines];
    expect(printed.filter((line) => hidden.some((one) => line.includes(one)))).toEqual([]);
  }, 120_000);
});

/** Starts an api in an environment that will not do. */
function boot(env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, ['dist/apps/api/src/main.js'], {
    env: { ...inherited, JWT_SECRET: testSecret, MESSAGING_URL: 'off', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

describe('a process that cannot boot', () => {
  const refused = async (env: NodeJS.ProcessEnv) => {
    const child = boot({ JWT_SECRET: 'short', ...env });
    const exit = once(child, 'exit') as Promise<[number]>;
    const [out, error] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
    expect([(await exit)[0], out]).toEqual([1, '']);
    return error;
  };

  it.each(['production', 'development'])('says why in plain words on stderr in %s', async (NODE_ENV) => {
    const error = await refused({ NODE_ENV });
    expect(error).toMatch(/^goalpost-api: The configuration does not hold:/);
    expect(error).toMatch(/^ +- MONGO_URL: is required/m);
  });

  it('names stores that it cannot reach, without the passwords in their addresses', async () => {
    const nobody = `root:hunter22@127.0.0.1:${await freePort()}`;
    const child = boot({ MONGO_URL: `mongodb://${nobody}/goalpost`, REDIS_URL: `redis://${nobody}` });
    let printed = '';
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk) => (printed += String(chunk)));
    const exit = once(child, 'exit');
    try {
      await until(
        async () =>
          /Redis at \S+ is out of reach: connect ECONNREFUSED/.test(printed) &&
          /MongoDB at \S+ is out of reach: connect ECONNREFUSED/.test(printed),
      );
      expect(printed.trim().split('\n')).toHaveLength(2);
      for (const line of printed.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('level');
      expect(printed).not.toContain('hunter22');
    } finally {
      child.kill('SIGKILL');
      await exit;
    }
  });
});
