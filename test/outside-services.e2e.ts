import { newId, toObjectId } from '#platform';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Client, timedBody, until } from './client.js';
import { TestService } from './service.js';

/** A service beside goalpost that answers as the test says. */
class Neighbour {
  readonly bodies: string[] = [];
  readonly urls: string[] = [];
  answer: (response: ServerResponse) => void = (response) => response.end();
  private readonly server: Server = createServer((request, response) => void this.take(request, response));

  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.urls.push(request.url ?? '');
    this.bodies.push(await text(request));
    this.answer(response);
  }
}

const json = (value: unknown) => (response: ServerResponse) => response.end(JSON.stringify(value));
const fault = (response: ServerResponse) => response.writeHead(500).end();

describe('services beside goalpost', () => {
  let service: TestService;
  let neighbour: Neighbour;
  let streamer: Client;
  let sessionId: string;

  const start = async (variable: string, path = '') => {
    neighbour = new Neighbour();
    const url = await neighbour.listen();
    service = await TestService.start({ [variable]: url + path, RTC_SOURCES_TIMEOUT_MS: '500' });
    streamer = service.client();
    sessionId = await streamer.openSession();
  };
  afterEach(async () => {
    await service?.stop();
    neighbour.close();
  });

  const exclusive = async (): Promise<string> => {
    const trigger = await streamer.createGoal('trigger_exclusive', timedBody(sessionId));
    await until(async () =>
      (await streamer.session(sessionId)).exclusive_goal_pairs.some((pair) => pair.trigger_goal === trigger),
    );
    return streamer.createGoal('exclusive', timedBody(sessionId, { trigger_exclusive_goal_id: trigger }));
  };
  const snapshots = (goalId: string) => service.documents('rtc_snapshot', { goal: toObjectId(goalId) });
  const camera = {
    publisher_id: 'camera-1',
    kind: 'video',
    track: 'main',
    since: '2026-09-21T14:00:00.000Z',
  };

  it.each([
    ['/sources/{session_id}', (id: string) => `/sources/${id}`],
    ['/sources', (id: string) => `/sources?session_id=${id}`],
  ])('an RTC server at %s is asked for the sources of the session', async (path, expected) => {
    await start('RTC_SOURCES_URL', path);
    neighbour.answer = json({ sources: [camera] });
    const goalId = await exclusive();
    await until(async () => (await snapshots(goalId)).length);
    expect(neighbour.urls).toEqual([expected(sessionId)]);
    expect(await snapshots(goalId)).toMatchObject([
      { sources: [{ ...camera, since: new Date(camera.since) }] },
    ]);
  });

  it('an RTC server that hangs, fails or talks nonsense is asked again, and holds up no binding', async () => {
    await start('RTC_SOURCES_URL');
    const answers = [() => {}, fault, json([{ publisher_id: 7 }]), json([camera])];
    neighbour.answer = (response) => (answers.length > 1 ? answers.shift()! : answers[0]!)(response);
    const goalId = await exclusive();
    await until(
      async () => (await streamer.session(sessionId)).exclusive_goal_pairs[0]?.exclusive_goal === goalId,
      400,
    );
    await until(async () => (await snapshots(goalId)).length);
    expect(neighbour.urls).toHaveLength(4);
    expect(await snapshots(goalId)).toMatchObject([{ sources: [{ publisher_id: 'camera-1' }] }]);
  });

  it('an analytics service gets every event once by id, as JSON lines, and being down delays no goal', async () => {
    await start('ANALYTICS_URL');
    neighbour.answer = fault;
    const goals = await Promise.all(
      Array.from({ length: 10 }, () => streamer.createGoal('trigger_exclusive', timedBody(sessionId))),
    );
    await until(async () => (await streamer.session(sessionId)).exclusive_goal_pairs.length === goals.length);
    await until(
      async () =>
        (await service.documents('analytics_event', { event: 'goal.created' })).length === goals.length,
    );
    await until(async () => neighbour.bodies.length > 0);
    neighbour.bodies.length = 0;
    neighbour.answer = (response) => response.end();
    const received = () =>
      neighbour.bodies
        .flatMap((body) => body.trim().split('\n'))
        .map((line) => JSON.parse(line) as { event_id: string; event: string; goal_id: string });
    await until(
      async () => received().filter(({ event }) => event === 'goal.created').length >= goals.length,
    );
    const created = received().filter(({ event }) => event === 'goal.created');
    expect(created.map(({ goal_id }) => goal_id).toSorted()).toEqual(goals.toSorted());
    const stored = (await service.documents('analytics_event')).map(({ _id }) => String(_id));
    expect(stored).toEqual(expect.arrayContaining(created.map(({ event_id }) => event_id)));
  });

  it('an analytics service that refuses one event of a body gets all others, and that one is dead alone', async () => {
    await start('ANALYTICS_URL');
    const refused = newId();
    const taken: string[] = [];
    neighbour.answer = (response) => {
      const body = neighbour.bodies.at(-1)!;
      const isRefused = body.includes(refused);
      if (!isRefused) taken.push(...body.trim().split('\n'));
      response.writeHead(isRefused ? 400 : 200).end();
    };
    const goalIds = [...Array.from({ length: 40 }, () => newId()), refused];
    const queue = service.queues.of('analytics.forward');
    await queue.pause();
    await Promise.all(
      goalIds.map((goal_id) =>
        queue.add(
          'analytics.forward',
          {
            event_id: newId(),
            event: 'seen',
            goal_id,
            user_id: null,
            properties: {},
            occurred_at: new Date(),
          },
          { removeOnComplete: true, attempts: 3 },
        ),
      ),
    );
    await queue.resume();
    await until(async () => (await queue.getFailed()).length === 1 && taken.length === 40);
    const found = taken.map((line) => (JSON.parse(line) as { goal_id: string }).goal_id);
    expect(found.toSorted()).toEqual(goalIds.slice(0, 40).toSorted());
    expect(await queue.getFailed()).toMatchObject([{ data: { goal_id: refused }, attemptsMade: 1 }]);
  });

  it('analytics events have a time to live where one is set', async () => {
    await start('ANALYTICS_URL');
    const days = await TestService.start({ ANALYTICS_TTL_DAYS: '7' }, { apps: ['worker'] });
    try {
      const indexes = await days.mongo.collection('analytics_event').indexes();
      expect(indexes).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ key: { created_at: 1 }, expireAfterSeconds: 604_800 }),
        ]),
      );
    } finally {
      await days.stop();
    }
  });
});
