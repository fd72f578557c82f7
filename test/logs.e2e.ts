import { type Client, showBody, testSecret, timedBody, tokenFor, until } from './client.js';
import { type LogLine, linesOf } from './log-lines.js';
import { TestProcess } from './process.js';
import { PusherSink } from './pusher-sink.js';
import { TestQueues } from './queues.js';
import { TestService } from './service.js';

const receivers = [
  'track',
  'bind-show-to-funding',
  'bind-show-to-session',
  'feed',
  'channel-cache',
  'authorize',
  'notify',
];
const queueNames = [
  'create_goal',
  'analytics.track',
  'authorize_viewers',
  'deliveries.livestream',
  'deliveries.push',
];

describe('the logs of an api and a worker', () => {
  let sink: PusherSink;
  let service: TestService;
  let queues: TestQueues;
  let api: TestProcess;
  let worker: TestProcess;
  let streamer: Client;

  const start = async (level: string) => {
    const env = { ...sink.env, LOG_LEVEL: level, DELIVERY_BACKOFF_MS: '20' };
    worker = await TestProcess.start('worker', service, env);
    api = await TestProcess.start('api', service, env);
    service.baseUrl = api.url;
    streamer = service.client();
  };

  beforeEach(async () => {
    sink = await PusherSink.start();
    service = new TestService(sink.env);
    await service.connect();
    queues = new TestQueues(service);
  });
  afterEach(async () => {
    await api?.end('SIGTERM');
    await worker?.end('SIGTERM');
    await queues.close();
    await service.stop();
    await sink.stop();
  });

  const createShow = async (headers: Record<string, string>) => {
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    const { body } = await streamer.post<{ goal_id: string }>(
      '/goals?goal_type=show',
      showBody(sessionId, fundingGoalId),
      headers,
    );
    await until(async () => sink.accepted.some(({ data }) => data.goal_id === body.goal_id));
    await queues.settled();
    return body.goal_id;
  };

  it('tell the whole story of a goal, by the id of its request and by its own', async () => {
    await start('debug');
    sink.misbehave('goal.added', { status: 500 }, 3);
    const goalId = await createShow({ 'x-request-id': 'story-of-a-show' });
    await until(async () =>
      worker.lines.some((line) => line.includes('"receiver":"notify"') && line.includes('receiver done')),
    );

    for (const line of linesOf(api, worker))
      expect(line).toMatchObject({
        level: expect.stringMatching(/^(debug|info|warn)$/),
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        app: expect.stringMatching(/^(api|worker)$/),
        context: expect.any(String),
        msg: expect.any(String),
      });
    const story = linesOf(api, worker).filter(({ request_id }) => request_id === 'story-of-a-show');
    expect(story[0]).toMatchObject({
      level: 'info',
      app: 'api',
      msg: 'POST /goals 202',
      goal_id: goalId,
      method: 'POST',
      route: '/goals',
      status: 202,
      ms: expect.any(Number),
    });
    const done = (what: string) => story.filter(({ msg }) => msg === `${what} done`);
    expect(
      done('receiver')
        .map(({ receiver }) => receiver)
        .toSorted(),
    ).toEqual(receivers.toSorted());
    for (const line of done('receiver'))
      expect(line).toMatchObject({
        level: 'debug',
        goal_id: goalId,
        event_id: expect.stringMatching(/^\w{24}$/),
        ms: expect.any(Number),
      });
    expect(new Set(done('job').map(({ queue }) => queue))).toEqual(new Set(queueNames));
    const failed = story.filter(({ level }) => level === 'warn');
    expect(failed.length).toBeGreaterThan(0);
    for (const line of failed)
      expect(line).toMatchObject({
        receiver: 'notify',
        goal_id: goalId,
        msg: expect.stringContaining('Pusher answered 500'),
      });

    const named = linesOf(api, worker).filter(({ goal_id }) => goal_id === goalId);
    expect(new Set(named.map(({ request_id }) => request_id))).toEqual(new Set(['story-of-a-show']));
    expect(new Set(named.map(({ receiver }) => receiver))).toEqual(new Set([undefined, ...receivers]));
  }, 60_000);

  it('have one line at info for a request that changes something or is refused, and none from the worker', async () => {
    await start('info');
    const begun = worker.lines.length;
    const goalId = await createShow({});
    await streamer.goal(goalId);
    await streamer.get('/goals/000000000000000000000000');
    await streamer.get('/nowhere?token=1');
    await until(async () => api.lines.some((line) => line.includes('none 404')));
    const requests = linesOf(api).filter(({ context }) => context === 'Http');
    expect(requests.map(({ msg }) => msg)).toEqual([
      'POST /sessions 201',
      'POST /goals 202',
      'POST /goals 202',
      'GET /goals/:goal_id 404',
      'GET none 404',
    ]);
    expect(requests.map(({ request_id }) => request_id)).toEqual(
      requests.map(() => expect.stringMatching(/^[\w-]{36}$/)),
    );
    expect(worker.lines.slice(begun)).toEqual([]);
  }, 60_000);

  it('have no secret and no token in them, whatever goes wrong', async () => {
    await start('trace');
    const secret = 'sink-secret';
    const token = await tokenFor(streamer.userId, ['streamer']);
    const broken = `${token.slice(0, -4)}AAAA`;
    const key = 'an-idempotency-key-of-ours';
    const idempotency = { 'idempotency-key': key };
    sink.misbehave('goal.added', 'close', 2);
    const goalId = await createShow(idempotency);
    for (const path of [
      `/goals/${goalId}?token=${token}`,
      `/${token}`,
      `/goals/${token}`,
      `/goals/%E0%A4%A/${token}`,
    ])
      await streamer.get(path, idempotency);
    await streamer.get('/sessions', { authorization: `Bearer ${broken}` });
    await streamer.post('/goals?goal_type=show', { token, password: 'hunter22' });
    await streamer.post('/goals', `{"token": "${token}"`, { 'x-request-id': token });
    const sessionId = await streamer.openSession();
    await service.redis.set(`{${service.prefix}}:create_goal:id`, 'no number, so that no job can be added');
    const fails = await streamer.post('/goals?goal_type=karaoke', timedBody(sessionId), {
      'idempotency-key': `${key}-2`,
    });
    expect(fails.status).toBe(500);
    await api.end('SIGTERM');
    await worker.end('SIGTERM');

    const logged: LogLine[] = linesOf(api, worker);
    expect(logged.filter(({ level }) => level === 'error')).toHaveLength(1);
    expect(logged.some(({ msg }) => msg.includes('cannot be reached'))).toBe(true);
    const hidden = [token, broken, key, secret, 'hunter22', testSecret, 'eyJ', 'auth_signature'];
    const telling = [...api.lines, ...worker.lines].filter((line) =>
      hidden.some((one) => line.includes(one)),
    );
    expect(telling).toEqual([]);
  }, 60_000);
});
