import { goalPatterns } from '#contracts';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { tokenFor, until } from './client.js';
import { LoggedService } from './logged-service.js';
import { linesOf } from './log-lines.js';
import { freePort } from './process.js';

const handlers = [
  'authorize',
  'bind-show-to-funding',
  'bind-show-to-session',
  'channel-cache',
  'feed',
  'notify',
  'track',
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
    const through = done('handler').map(({ handler }) => String(handler));
    expect(through.toSorted((one, other) => (one < other ? -1 : 1))).toEqual(handlers);
    for (const line of done('handler'))
      expect(line).toMatchObject({
        level: 'debug',
        goal_id: goalId,
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
