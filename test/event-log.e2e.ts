import { type GoalEvent, goalEvents } from '#contracts';
import { EventLog, StreamPublisher } from '#event-log';
import { newId, toObjectId } from '#platform';
import { bootWorker } from '#worker';
import { jest } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { fundingBody, timedBody, tokenFor, until } from './client.js';
import { LogReader, StreamReader } from './event-reader.js';
import { useService } from './service.js';
import { claims, hmac } from './token-cases.js';

const eventOf = (goal_id = newId(), session_id = newId(), version = 0): GoalEvent =>
  ({
    event_id: newId(),
    type: 'goal.updated',
    version,
    occurred_at: new Date().toISOString(),
    data: { goal_id, session_id, version, changes: [] },
  }) as unknown as GoalEvent;

const idsOf = (events: GoalEvent[]) => events.map(({ event_id }) => event_id);

describe('the event log', () => {
  const service = useService({}, { sink: true });
  const streamer = service.client();
  const other = service.client(newId(), ['service']);

  it('has the whole life of a goal in its order, once each, and shows what is new to who asks again', async () => {
    const sessionId = await streamer.openSession();
    const goalId = await streamer.createGoal('show_funding', fundingBody(sessionId));
    await until(async () => (await streamer.goal(goalId)).status === 'active');
    const reader = new LogReader(other, `&goal_id=${goalId}`);
    const types = () => reader.events.map(({ type }) => type);
    await until(async () => (await reader.readOn(), types().length === 3));
    expect(types().toSorted()).toEqual(['goal.activated', 'goal.added', 'goal.created']);
    expect(await reader.readOn()).toEqual([]);

    await other.post(`/goals/${goalId}/contributions`, { source_id: 'one', user_id: newId(), amount: 60 });
    await until(async () => (await reader.readOn(), types().includes('goal.progressed')));
    expect(types().slice(3)).toEqual(['goal.level_reached', 'goal.funded', 'goal.progressed']);
    expect(reader.events.at(-1)).toMatchObject({
      event_id: expect.stringMatching(/^[0-9a-f]{24}$/),
      type: 'goal.progressed',
      version: (await streamer.goal(goalId)).version,
      data: { ...(await streamer.goal(goalId)), session_id: sessionId },
    });
    // What happened later has no lower version.
    const inOrder = reader.events.toSorted((one, two) => (one.occurred_at < two.occurred_at ? -1 : 1));
    const versions = inOrder.map(({ version }) => version);
    expect(versions).toEqual(versions.toSorted((one, two) => one - two));
    expect(new Set(idsOf(reader.events)).size).toBe(reader.events.length);

    const again = new LogReader(other, `&session_id=${sessionId}&type=${goalEvents.funded}`);
    expect((await again.readOn()).map(({ data }) => data.goal_id)).toEqual([goalId]);
    const whole = new LogReader(other, '', 2);
    await whole.readOn();
    expect(idsOf(whole.events)).toEqual(expect.arrayContaining(idsOf(reader.events)));
  });

  it('keeps an event once, however often and by whomever it is written', async () => {
    const log = service.worker!.get(EventLog, { strict: false });
    const events = [eventOf(), eventOf()];
    await Promise.all([log.append(events), log.append([events[0]!]), log.append([events[1]!, eventOf()])]);
    await log.append(events);
    const found = await service.documents('event_log', { 'data.goal_id': events[0]!.data.goal_id });
    expect(found).toHaveLength(1);
  });

  it('is skipped by no reader that follows its cursor, while several processes write, some slowly', async () => {
    const second = await bootWorker(service.config);
    try {
      const writers = [service.worker!, second].map((worker) => worker.get(EventLog, { strict: false }));
      const sessionId = newId();
      const written: string[] = [];
      const writing = new AbortController();
      const write = async (log: EventLog, rounds: number) => {
        for (let round = 0; round < rounds; round++) {
          const events = Array.from({ length: 1 + (round % 7) }, () => eventOf(newId(), sessionId));
          await log.append(events);
          written.push(...idsOf(events));
        }
      };
      // Another process, which is slow between taking its position and making it visible.
      const writeSlowly = async (rounds: number) => {
        for (let round = 0; round < rounds; round++) {
          const event = eventOf(newId(), sessionId);
          await service.mongo.transaction(async (session) => {
            const position = await service.mongo
              .collection<{ _id: string; seq: number }>('event_log_position')
              .findOneAndUpdate(
                { _id: 'event_log' },
                { $inc: { seq: 1 } },
                { returnDocument: 'after', session },
              );
            await setTimeout(30);
            const { event_id, occurred_at, ...fields } = event;
            await service.mongo.collection('event_log').insertOne(
              {
                _id: toObjectId(event_id),
                seq: position!.seq,
                goal_id: event.data.goal_id,
                session_id: sessionId,
                occurred_at: new Date(occurred_at),
                ...fields,
              },
              { session },
            );
          });
          written.push(event.event_id);
        }
      };
      const readers = ['', `&session_id=${sessionId}`, '&type=goal.updated'].map(
        (query, index) => new LogReader(other, query, [3, 50, 1000][index]),
      );
      const reading = Promise.all(
        readers.map(async (reader) => {
          while (!writing.signal.aborted) await reader.readOn();
          await reader.readOn();
        }),
      );
      await Promise.all(writers.flatMap((log) => [write(log, 40), write(log, 40)]).concat(writeSlowly(15)));
      writing.abort();
      await reading;
      for (const { events } of readers) {
        const read = idsOf(events.filter(({ data }) => data.session_id === sessionId));
        expect(new Set(read).size).toBe(read.length);
        expect(read.toSorted()).toEqual(written.toSorted());
      }
    } finally {
      await second.close();
    }
  });

  it('refuses cursors that it did not give out', async () => {
    const made = (text: string) => Buffer.from(text).toString('base64url');
    for (const cursor of ['x', made('e99999999'), made('e-1'), made('e1x'), made('12'), '%00'])
      expect(await other.get(`/events?after=${cursor}`)).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '/after' }] },
      });
    const sessionId = await streamer.openSession();
    const refused = await streamer.get(`/sessions/${sessionId}/events`, {
      'last-event-id': made('e99999999'),
    });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: '/last-event-id' }] } });
  });
});

describe('the streams of a session', () => {
  const service = useService({}, { sink: true });
  const streamer = service.client();
  const other = service.client(newId(), ['service']);
  const bearer = async () => ({ authorization: `Bearer ${await tokenFor(newId(), [])}` });
  const urlOf = (sessionId: string) => `${service.baseUrl}/sessions/${sessionId}/events`;
  const give = (goalId: string, source_id: string, amount: number) =>
    other.post(`/goals/${goalId}/contributions`, { source_id, user_id: newId(), amount });

  it('carry what is pushed on the channel, and resume where a client was', async () => {
    const sessionId = await streamer.openSession();
    const [one, two] = [
      await StreamReader.open(urlOf(sessionId), await bearer()),
      await StreamReader.open(`${urlOf(sessionId)}?access_token=${await tokenFor(newId(), [])}`),
    ];
    expect(one.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    const elsewhere = await StreamReader.open(urlOf(await streamer.openSession()), await bearer());
    const early = await StreamReader.open(urlOf(sessionId), await bearer());
    await until(async () => early.startId);
    await early.close();
    const goalId = await streamer.createGoal('show_funding', fundingBody(sessionId));
    await until(async () => one.events.length === 2 && two.events.length === 2);
    await two.close();
    await give(goalId, 'first', 60);
    await until(async () => one.events.some(({ event }) => event === 'goal.progressed'));
    await give(goalId, 'second', 140);
    await until(async () => one.events.some(({ event }) => event === 'goal.completed'));

    const resumed = await StreamReader.open(urlOf(sessionId), {
      ...(await bearer()),
      'last-event-id': two.lastId!,
    });
    await until(async () => two.events.length + resumed.events.length === one.events.length);
    expect([...two.events, ...resumed.events]).toEqual(one.events);
    expect(elsewhere.events).toEqual([]);
    const sinceThen = { ...(await bearer()), 'last-event-id': early.startId! };
    const fromStart = await StreamReader.open(urlOf(sessionId), sinceThen);
    await until(async () => fromStart.events.length === one.events.length);
    expect(fromStart.events).toEqual(one.events);
    expect(fromStart.startId).toBe(early.startId);

    await service.queues.settled();
    const pushed = service.sink.accepted.filter(
      ({ channel }) => channel === `private-stream@${streamer.userId}`,
    );
    expect(one.events.map(({ event, data }) => ({ name: event, data }))).toEqual(
      expect.arrayContaining(pushed.map(({ name, data }) => ({ name, data }))),
    );
    expect(new Set(one.events.map(({ data }) => data.event_id)).size).toBe(one.events.length);
    await Promise.all([one, resumed, fromStart, elsewhere].map((reader) => reader.close()));
  });

  it('are refused without a token before they begin, and end with it', async () => {
    const sessionId = await streamer.openSession();
    for (const query of ['', '?access_token=', '?access_token=garbage']) {
      const refused = await StreamReader.open(urlOf(sessionId) + query);
      expect(refused.status).toBe(401);
      expect(await refused.body()).not.toContain('garbage');
    }
    const unknown = await StreamReader.open(urlOf(newId()), await bearer());
    expect([unknown.status, await unknown.body()]).toEqual([
      404,
      expect.stringContaining('session_not_found'),
    ]);
    // Accepted for two more seconds.
    const exp = Math.floor(Date.now() / 1000) - 3;
    const token = await hmac({ ...claims(newId()), exp });
    const stream = await StreamReader.open(urlOf(sessionId), { authorization: `Bearer ${token}` });
    expect(stream.status).toBe(200);
    await stream.ended;
    expect(Date.now() / 1000).toBeGreaterThanOrEqual(exp + 5);
  });

  it('get what a lost message of Redis would have told them', async () => {
    const sessionId = await streamer.openSession();
    const stream = await StreamReader.open(urlOf(sessionId), await bearer());
    const publisher = service.worker!.get(StreamPublisher, { strict: false });
    jest.spyOn(publisher, 'wake').mockImplementation(() => undefined);
    await streamer.createGoal('karaoke', timedBody(sessionId));
    await until(async () => stream.events.length > 0);
    await stream.close();
    jest.restoreAllMocks();
  });

  it('end when the api stops, and go on at another one', async () => {
    const sessionId = await streamer.openSession();
    await service.startApi();
    const [ends, stays] = await Promise.all(
      service.urls.map(async (url) =>
        StreamReader.open(`${url}/sessions/${sessionId}/events`, await bearer()),
      ),
    );
    const before = performance.now();
    await service.stopApi();
    await ends!.ended;
    expect(performance.now() - before).toBeLessThan(3_000);
    await streamer.createGoal('karaoke', timedBody(sessionId));
    await until(async () => stays!.events.length > 0);
    expect(ends!.events).toEqual([]);
    await stays!.close();
  });
});

describe('without a log', () => {
  const service = useService({ EVENT_LOG_DAYS: '0' });
  const streamer = service.client();

  it('nothing is kept, and streams get what happens while they are open', async () => {
    const sessionId = await streamer.openSession();
    const token = await tokenFor(newId(), []);
    const stream = await StreamReader.open(`${service.baseUrl}/sessions/${sessionId}/events`, {
      authorization: `Bearer ${token}`,
    });
    await streamer.createGoal('karaoke', timedBody(sessionId));
    await until(async () => stream.events.length > 0);
    expect(stream.events[0]).toMatchObject({ id: undefined, event: 'goal.added' });
    expect(await service.documents('event_log')).toEqual([]);
    expect((await service.client(newId(), ['admin']).get('/events')).body).toMatchObject({ items: [] });
    await stream.close();
  });
});
