import type { GoalEvent } from '#contracts';
import { AckPolicy, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, nanos, type NatsConnection } from '@nats-io/transport-node';
import { type Client, timedBody, until } from './client.js';
import { LoggingProcess } from './logging-process.js';
import { natsIsMissing, TestNats } from './nats-server.js';
import { TestService } from './service.js';
import { eventIds } from './show-effects.js';

const stream = 'goalpost_events';

(natsIsMissing() ? describe.skip : describe)('the stream of events', () => {
  let server: TestNats;
  let service: TestService;
  let streamer: Client;
  let nats: NatsConnection;
  let manager: JetStreamManager;

  beforeEach(async () => {
    server = await TestNats.start({ flags: ['--jetstream'] });
    nats = await connect({
      servers: `127.0.0.1:${server.port}`,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
    });
    manager = await jetstreamManager(nats);
  });
  afterEach(async () => {
    await service?.stop();
    await nats?.close();
    await server?.stop();
  });

  const start = async () => {
    service = await TestService.start({ MESSAGING_URL: server.url });
    streamer = service.client();
  };
  const createGoal = async () =>
    streamer.createGoal('karaoke', {
      levels: [{ target: 100 }],
      context: { session_id: await streamer.openSession() },
    });
  /** What the stream keeps of a goal, once it has both of its first events. */
  const kept = (goalId: string): Promise<GoalEvent[]> =>
    until(async () => {
      const { state } = await manager.streams.info(stream).catch(() => ({ state: undefined }));
      if (!state?.messages) return undefined;
      const found: GoalEvent[] = [];
      for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
        const { data } = (await manager.streams.getMessage(stream, { seq }))!.json<{ data: GoalEvent }>();
        if (data.data.goal_id === goalId) found.push(data);
      }
      return found.length >= 2 && found;
    }, 20_000);
  const idsOf = (events: GoalEvent[]) => events.map(({ event_id }) => event_id).toSorted();
  const expected = (goalId: string) => Object.values(eventIds(goalId)).toSorted();

  it('is made by the worker and keeps each event once, though it is sent twice', async () => {
    await start();
    const goalId = await createGoal();
    const [first] = await kept(goalId);
    const again = JSON.stringify({ pattern: first!.type, data: first });
    const { duplicate } = await jetstream(nats).publish(first!.type, again, { msgID: first!.event_id });
    expect(duplicate).toBe(true);
    expect(idsOf(await kept(goalId))).toEqual(expected(goalId));
    await service.stopWorker();
    await service.startWorker();
    const next = await createGoal();
    expect(idsOf(await kept(next))).toEqual(expected(next));
  });

  it('gives an event again to a consumer that died over it, and waits for one that is away', async () => {
    await start();
    const goalId = await createGoal();
    await kept(goalId);
    await manager.consumers.add(stream, {
      durable_name: 'billing',
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(200),
      filter_subject: 'goal.created',
    });
    const consumer = await jetstream(nats).consumers.get(stream, 'billing');
    const next = async () => {
      const message = await consumer.next({ expires: 10_000 });
      return { message: message!, event: message!.json<{ data: GoalEvent }>().data };
    };
    const { event } = await next();
    const { event: sameAgain, message } = await next();
    expect(message.redelivered).toBe(true);
    expect(sameAgain).toEqual(event);
    expect(event.event_id).toBe(eventIds(goalId).created);
    message.ack();
  });

  it('stays as an operator has made it, with the subjects that it lacked', async () => {
    await manager.streams.add({ name: stream, subjects: ['goal.>'], max_msgs: 1000 });
    await start();
    const goalId = await createGoal();
    expect(idsOf(await kept(goalId))).toEqual(expected(goalId));
    expect((await manager.streams.info(stream)).config).toMatchObject({
      subjects: ['goal.>', 'access.*'],
      max_msgs: 1000,
    });
  });

  it('is made anew where it is gone, and has what happened while the server was away', async () => {
    await start();
    await kept(await createGoal());
    await manager.streams.delete(stream);
    const afterDelete = await createGoal();
    expect(idsOf(await kept(afterDelete))).toEqual(expected(afterDelete));

    await server.kill();
    const whileAway = await createGoal();
    await until(async () => (await streamer.goal(whileAway)).status === 'active');
    await server.startAgain();
    expect(idsOf(await kept(whileAway))).toEqual(expected(whileAway));
  });
});

(natsIsMissing() ? describe.skip : describe)('a server without JetStream', () => {
  it('is named once in the log of the worker', async () => {
    const server = await TestNats.start();
    const service = await TestService.start({}, { apps: ['api'] });
    const worker = await LoggingProcess.start('worker', service, { MESSAGING_URL: server.url });
    const nats = await connect({ servers: `127.0.0.1:${server.port}` });
    try {
      const received = nats.subscribe('goal.added', { max: 2 });
      await nats.flush();
      const streamer = service.client();
      for (const goal_type of ['karaoke', 'trigger_private'])
        await streamer.createGoal(goal_type, timedBody(await streamer.openSession()));
      for await (const message of received)
        expect(message.headers?.get('Nats-Msg-Id')).toMatch(/^[0-9a-f]{24}$/);
      expect(worker.timesSaid('no JetStream')).toBe(1);
    } finally {
      await nats.close();
      expect(await worker.stop()).toBe(0);
      await service.stop();
      await server.stop();
    }
  });
});
