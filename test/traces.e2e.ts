import { showBody, timedBody, until } from './client.js';
import { linesOf } from './log-lines.js';
import { OtlpCollector } from './otlp-collector.js';
import { TestProcess } from './process.js';
import { useService } from './service.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const clientSpan = 'b7ad6b7169203331';
const spansOfAShow = [
  'POST /goals',
  'create_goal',
  'bind-show-to-session',
  'bind-show-to-funding',
  'feed',
  'authorize',
  'notify',
];
const traceparent = `00-${traceId}-${clientSpan}-01`;

describe('the traces of an api and a worker', () => {
  let collector: OtlpCollector;
  const service = useService({}, { sink: true, apps: [] });
  const { queues, sink } = service;
  const streamer = service.client();
  let api: TestProcess;

  beforeAll(async () => {
    collector = await OtlpCollector.start();
    const env = { ...sink.env, ...collector.env, LOG_LEVEL: 'info', DELIVERY_BACKOFF_MS: '20' };
    [api] = await Promise.all([
      TestProcess.start('api', service, env),
      TestProcess.start('worker', service, env),
    ]);
    service.baseUrl = api.url;
  }, 120_000);
  afterAll(() => collector?.stop());

  const spanOf = (name: string, trace = traceId) =>
    collector.spans.find((span) => span.traceId === trace && span.name === name);
  const path = (name: string) => {
    const span = spanOf(name)!;
    const names = [span, ...collector.above(span)].map((each) => each.name);
    // Pushes have a job of their own only if Pusher is slow.
    return names.filter((each) => each !== 'deliveries.push');
  };

  it('go in one from the request of a client through jobs and handlers to Pusher', async () => {
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    const { body } = await streamer.post('/goals?goal_type=show', showBody(sessionId, fundingGoalId), {
      traceparent,
    });
    await until(async () => spansOfAShow.every((name) => spanOf(name)));

    const request = spanOf('POST /goals')!;
    expect(request).toMatchObject({ service: 'goalpost-api', kind: 2, parentSpanId: clientSpan });
    expect(request.attributes).toMatchObject({
      method: 'POST',
      route: '/goals',
      status: 202,
      goal_id: body.goal_id,
    });
    const job = spanOf('create_goal')!;
    expect(job).toMatchObject({ service: 'goalpost-worker', kind: 5, parentSpanId: request.spanId });
    const bound = ['bind-show-to-session', 'create_goal', 'POST /goals'];
    expect(path('bind-show-to-session')).toEqual(bound);
    expect(path('bind-show-to-funding')).toEqual(['bind-show-to-funding', 'create_goal', 'POST /goals']);
    for (const handler of ['feed', 'authorize', 'notify']) expect(path(handler)).toEqual([handler, ...bound]);
    const pushes = collector.spans.filter((span) => span.traceId === traceId && span.name === 'pusher');
    expect(pushes.map((push) => [push.kind, push.attributes.events, collector.above(push)[0]?.name])).toEqual(
      expect.arrayContaining([
        [3, 'goal.added', 'notify'],
        [3, 'stream.authorized', 'authorize'],
      ]),
    );
    expect(spanOf('notify')!.attributes).toMatchObject({ goal_id: body.goal_id, event: 'goal.added' });
    const line = linesOf(api).find(({ goal_id }) => goal_id === body.goal_id);
    expect(line).toMatchObject({ trace_id: traceId });
  }, 120_000);

  it('show what failed, and the try that went through, in the trace of the request', async () => {
    await queues.settled();
    sink.misbehave('goal.added', { status: 500 }, 1);
    const trace = '1af7651916cd43dd8448eb211c80319d';
    const sessionId = await streamer.openSession();
    await streamer.post('/goals?goal_type=karaoke', timedBody(sessionId), {
      traceparent: `00-${trace}-${clientSpan}-01`,
    });
    const tries = () => collector.spans.filter((span) => span.traceId === trace && span.name === 'pusher');
    await until(async () => tries().length === 2);
    expect(tries().map(({ status }) => status.code ?? 0)).toEqual([2, 0]);
    expect(tries()[0]?.status.message).toContain('Pusher answered 500');
  }, 120_000);

  it('begin anew for a request without one, and link what a timer does long after it to its request', async () => {
    const sessionId = await streamer.openSession();
    const goalId = await streamer.createGoal('trigger_private', timedBody(sessionId));
    const request = await until(async () =>
      collector.spans.find((span) => span.attributes.goal_id === goalId),
    );
    const timer = await until(() => queues.of('lifecycle').getJob(`${goalId}.expire`));
    await timer.promote();
    const expiry = await until(async () =>
      collector.spans.find(({ name, attributes }) => name === 'lifecycle' && attributes.goal_id === goalId),
    );
    expect([traceId, request.traceId]).not.toContain(expiry.traceId);
    expect(expiry.links.map((link) => link.traceId)).toEqual([request.traceId]);
  }, 120_000);

  it.each([
    [
      'loaded where they are asked for',
      { OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
      true,
    ],
    ['not even loaded where nobody asks', {}, false],
    [
      'not loaded where they are switched off',
      { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a' },
      false,
    ],
  ])(
    'need packages that are %s',
    async (_, otel, isLoaded) => {
      // Nobody collects what it sends.
      const watched = await TestProcess.start('api', service, {
        ...otel,
        NODE_OPTIONS: '--require=./test/loaded.cjs',
      });
      await fetch(`${watched.url}/nowhere`);
      expect(await watched.end('SIGTERM')).toBe(0);
      const loaded = JSON.parse(watched.lines.at(-1) ?? '') as string[];
      expect(loaded).toContain('pino');
      expect(loaded.includes('@opentelemetry/sdk-trace-node')).toBe(isLoaded);
      expect(loaded.includes('@opentelemetry/exporter-trace-otlp-http')).toBe(isLoaded);
    },
    120_000,
  );
});
