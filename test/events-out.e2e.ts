import { type GoalEvent, goalEvents, isProblem } from '#contracts';
import { newId, toObjectId } from '#platform';
import { type BrokerKind, brokerKinds, type TestBroker } from './brokers.js';
import { fundingBody, showBody, timedBody, tokenFor, until } from './client.js';
import type { RawTraffic } from './raw-traffic.js';
import { origin, SecondApp } from './second-app/second-app.js';
import { useService } from './service.js';
import { checkWire } from './wire.js';

const neverFalls = (versions: number[]) =>
  versions.every((version, index) => index === 0 || version >= versions[index - 1]!);

describe.each(Object.entries(brokerKinds))('another Nest service over %s', (name, kind: BrokerKind) => {
  let broker: TestBroker;
  let app: SecondApp;
  let traffic: RawTraffic;

  beforeAll(async () => {
    broker = await kind.start();
  });
  const service = useService(() => ({ MESSAGING_URL: kind.url(broker.port), DELIVERY_ATTEMPTS: '3' }));
  const { queues } = service;
  const streamer = service.client();
  beforeAll(async () => {
    await service.takesMessages();
    traffic = await kind.listen(broker.port);
    app = await SecondApp.start(kind.transport(broker.port), () =>
      tokenFor(streamer.userId, ['streamer', 'service']),
    );
  });
  afterAll(async () => {
    await app?.stop();
    await traffic?.stop();
    await broker?.stop();
  });

  it('has a goal created by message, and hears when it is there and when it is on the stream', async () => {
    const sessionId = await streamer.openSession();
    const { goal_id } = await app.goals.create({
      goal_type: 'karaoke',
      levels: [{ title: 'first song', target: 600 }],
      context: { session_id: sessionId },
    });
    const [created, added] = await app.inbox.wait(goal_id, ['goal.created', 'goal.added']);
    const goal = await app.goals.get(goal_id);
    const occurred_at = goal.created_at;
    expect(created).toEqual({
      event_id: expect.stringMatching(/^[0-9a-f]{24}$/),
      type: 'goal.created',
      version: expect.any(Number),
      occurred_at,
      data: { ...goal, session_id: sessionId },
    });
    expect(added).toEqual({
      event_id: expect.stringMatching(/^[0-9a-f]{24}$/),
      type: 'goal.added',
      version: expect.any(Number),
      occurred_at,
      data: { ...goal, session_id: sessionId, streamer_id: streamer.userId },
    });
    expect(added!.event_id).not.toBe(created!.event_id);
    expect([created!.version, added!.version]).toEqual([created!.data.version, added!.data.version]);

    // The raw messages, which belong to the request and the trace of the caller.
    for (const event of [created!, added!]) {
      const { text, headers } = await until(async () =>
        traffic.messages.find((message) => message.text.includes(event.event_id)),
      );
      if (name === 'Valkey') {
        expect(JSON.parse(text)).toEqual({ pattern: event.type, data: event, ...origin });
        continue;
      }
      expect(JSON.parse(text)).toEqual({ pattern: event.type, data: event });
      expect(headers).toMatchObject({
        'Nats-Msg-Id': event.event_id,
        'ce-specversion': '1.0',
        'ce-id': event.event_id,
        'ce-type': event.type,
        'ce-source': 'urn:goalpost',
        'ce-time': event.occurred_at,
        'x-request-id': origin.request_id,
        traceparent: origin.traceparent,
      });
    }
  });

  it('gets a refusal as an RPC error with the problem object', async () => {
    const goal = { goal_type: 'karaoke', levels: [], context: { session_id: newId() } } as const;
    const refused: unknown = await app.goals.create({ ...goal, levels: [] }).catch((error: unknown) => error);
    if (!isProblem(refused)) throw new Error(`is no problem object: ${JSON.stringify(refused)}`);
    expect(refused).toMatchObject({ status: 422, code: 'validation_failed', instance: 'goals.create' });
    expect(refused.errors?.map(({ pointer }) => pointer)).toEqual(['/levels']);
  });

  it('receives a whole life, each event under an id of its own and with the version of the goal in it', async () => {
    const sessionId = await streamer.openSession();
    const goalId = await streamer.createGoal('show_funding', fundingBody(sessionId));
    await app.inbox.wait(goalId, ['goal.created', 'goal.added', 'goal.activated']);
    const give = (source_id: string, amount: number) =>
      app.goals.contribute({ goal_id: goalId, source_id, user_id: newId(), amount });
    await give('first', 60);
    await app.inbox.wait(goalId, ['goal.level_reached', 'goal.progressed']);
    await give('second', 140);
    await app.inbox.wait(goalId, ['goal.completed']);
    await give('third', 5);
    const isLast = ({ type, data }: GoalEvent) => type === 'goal.progressed' && data.progress === 205;
    await app.inbox.until(() => app.inbox.of(goalId).some(isLast));

    const received = new Map<string, GoalEvent>();
    for (const event of app.inbox.of(goalId)) {
      // What is sent again is the same.
      expect(event).toEqual(received.get(event.event_id) ?? event);
      received.set(event.event_id, event);
    }
    const byTime = [...received.values()].toSorted((one, other) =>
      one.occurred_at.localeCompare(other.occurred_at),
    );
    const shown = byTime.filter(({ occurred_at }, index) => occurred_at !== byTime[index + 1]?.occurred_at);
    expect(neverFalls(shown.map(({ version }) => version))).toBe(true);
    const inOrder = [...received.values()].toSorted((one, other) => one.version - other.version);
    expect(inOrder.map(({ version }) => version)).toEqual(inOrder.map(({ data }) => data.version));
    const reached = inOrder.filter(
      ({ type }) => type === 'goal.level_reached',
    ) as GoalEvent<'goal.level_reached'>[];
    expect(reached.map(({ data }) => [data.level_reached, data.progress])).toEqual([
      [1, 60],
      [2, 200],
    ]);
    expect(inOrder.at(-1)).toMatchObject({
      type: 'goal.progressed',
      data: { ...(await streamer.goal(goalId)), status: 'completed', progress: 205 },
    });
    const completed = inOrder.filter(({ type }) => type === 'goal.completed');
    expect(completed.map(({ data }) => [data.status, data.progress])).toEqual([['completed', 200]]);
    expect(inOrder.filter(({ type }) => type === 'goal.added')).toHaveLength(1);
  });

  it('receives goals that were cancelled, and that expired', async () => {
    const cancelled = await streamer.createGoal('karaoke', timedBody(await streamer.openSession()));
    await until(async () => (await streamer.goal(cancelled)).status === 'active');
    await streamer.send('DELETE', `/goals/${cancelled}`);
    const [end] = await app.inbox.wait(cancelled, ['goal.cancelled']);
    expect(end).toMatchObject({ data: { status: 'cancelled', reason: 'cancelled', scheduled_for: null } });

    const sessionId = await streamer.openSession();
    const window = { exp: Math.floor(Date.now() / 1000) + 3 };
    const body = timedBody(sessionId, {}, window);
    const [expired] = await app.inbox.wait(await streamer.createGoal('show_funding', body), ['goal.expired']);
    expect(expired).toMatchObject({
      data: { status: 'expired', scheduled_for: new Date(window.exp * 1000).toISOString() },
    });
  });

  it('receives that a goal failed, again where a replay fails, and that it was added once one did not', async () => {
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    const sessions = service.mongo.collection('session');
    const pairs = (show_goal_pairs: unknown[]) =>
      sessions.updateOne({ _id: toObjectId(sessionId) }, { $set: { show_goal_pairs } });
    await queues.of('create_goal').pause();
    const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    await pairs([]);
    await queues.of('create_goal').resume();

    const failures = () => {
      const failed = app.inbox.of(goalId).filter(({ type }) => type === 'goal.failed');
      return [...new Map(failed.map((event) => [event.event_id, event])).values()];
    };
    const [failed] = await app.inbox.wait(goalId, ['goal.failed']);
    const reason = expect.stringMatching(/^bind-show-to-session: /) as string;
    expect(failed!.data).toMatchObject({ status: 'failed', reason });
    await (await queues.deadDelivery('deliveries', goalId, 'bind-show-to-session')).retry();
    await app.inbox.until(() => failures().length === 2);

    await pairs([{ funding_goal: toObjectId(fundingGoalId), show_goal: null }]);
    await (await queues.deadDelivery('deliveries', goalId, 'bind-show-to-session')).retry();
    const [added] = await app.inbox.wait(goalId, ['goal.added']);
    expect(added!.data.status).toBe('active');
    expect(added!.data.reason).toBeUndefined();
    const versions = [...failures(), added!].map(({ version }) => version);
    expect(neverFalls(versions)).toBe(true);
    expect(failures()).toHaveLength(2);
  });

  it('receives a goal that could not even be stored', async () => {
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    await queues.of('create_goal').pause();
    const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    const refuse = (validator: object) => service.mongo.db!.command({ collMod: 'goal', validator });
    await refuse({ _id: { $ne: toObjectId(goalId) } });
    await queues.of('create_goal').resume();
    const [failed] = await app.inbox.wait(goalId, ['goal.failed']);
    await refuse({});
    expect(failed!.data).toMatchObject({ status: 'failed', active: false, goal_type: 'show' });
    expect(failed!.data.reason).toContain('validation');
    expect(app.inbox.of(goalId).map(({ type }) => type)).not.toContain(goalEvents.created);
  });

  it('meets in raw form what asyncapi.json has, message by message', () => {
    const patterns = new Map<unknown, string>();
    const seen = new Set<string>();
    for (const { subject, text, headers } of traffic.messages) {
      // NATS answers its own clients in the same way.
      if (subject.startsWith('_INBOX.') && !text.includes('"isDisposed"')) continue;
      const payload = JSON.parse(text) as Record<string, unknown>;
      const message = messageOf(subject, payload);
      seen.add(message);
      checkWire(message, payload, headers);
    }
    const types = ['created', 'added', 'activated', 'level_reached', 'progressed', 'completed', 'cancelled'];
    for (const type of [...types, 'expired', 'failed']) expect(seen).toContain(`event.goal.${type}`);
    for (const pattern of ['create', 'get', 'contribute']) {
      expect(seen).toContain(`request.goals.${pattern}`);
      expect(seen).toContain(`answer.goals.${pattern}`);
    }
    expect(seen).toContain('refusal');

    function messageOf(subject: string, { id, pattern, err }: Record<string, unknown>): string {
      if (/^(goal|access)\./.test(subject)) return `event.${subject}`;
      if (pattern) patterns.set(id, subject);
      if (pattern) return `request.${subject}`;
      // Over NATS the subject of an answer says nothing of what it answers.
      return err ? 'refusal' : `answer.${patterns.get(id)}`;
    }
  });
});
