import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import nacl from 'tweetnacl';
import { FakePusher } from '../../../test/fake-pusher.js';
import { createChannelAuthorization, createStreamView, type Goal, type StreamViewOptions } from './index.js';

const goal = (version: number, progress: number, goal_id = 'g1') =>
  ({ goal_id, version, progress, level: 0, levels: [{ target: 10 }], status: 'active' }) as unknown as Goal;
const eventOf = (version: number, progress: number, event_id = `p${version}`) => ({
  ...goal(version, progress),
  event_id,
  session_id: 's1',
});

describe('the view of a stream', () => {
  let api: Server;
  let url: string;
  let pages: Record<string, { items: Goal[]; next_cursor: string | null }>;
  let requests: string[];
  /** Delays a response after its content is decided. */
  let delayed: Promise<void> | undefined;
  let pusher: FakePusher;
  let events: string[];
  let errors: string[];
  let view: ReturnType<typeof createStreamView> | undefined;
  const secret = nacl.randomBytes(32);

  beforeEach(async () => {
    pages = { '': { items: [goal(1, 0)], next_cursor: null } };
    [requests, events, errors] = [[], [], []];
    delayed = undefined;
    pusher = new FakePusher();
    api = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://api');
      response.setHeader('content-type', 'application/json');
      if (pathname === '/pusher/auth') {
        const authorization = {
          auth: 'key:signature',
          shared_secret: Buffer.from(secret).toString('base64'),
        };
        return response.end(JSON.stringify(authorization));
      }
      const page = pages[searchParams.get('cursor') ?? ''];
      const etag = `"${Buffer.from(JSON.stringify(page ?? null)).toString('base64')}"`;
      const isKnown = request.headers['if-none-match'] === etag;
      response.writeHead(page ? (isKnown ? 304 : 200) : 404, { etag });
      requests.push(`${searchParams.get('cursor') ?? 'first'} ${response.statusCode}`);
      const problem = { status: 404, title: 'Not found', detail: 'There is no such session.' };
      const body = isKnown ? undefined : JSON.stringify(page ?? problem);
      return void Promise.resolve(delayed).then(() => response.end(body));
    }).listen(0, '127.0.0.1');
    await once(api, 'listening');
    url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    view?.close();
    api.close();
    await once(api, 'close');
  });

  const open = async (more: Partial<StreamViewOptions> = {}) => {
    const authorization = createChannelAuthorization({ api: url, token: 't' });
    view = createStreamView({
      api: url,
      token: 't',
      sessionId: 's1',
      streamerId: 'streamer',
      pusher,
      authorization,
      nacl,
      onEvent: (name, { event_id }) => events.push(`${name} ${event_id}`),
      onError: ({ message }) => errors.push(message),
      ...more,
    });
    await until(() => requests.length > 0 && (view!.state.isLoaded || errors.length > 0));
    return { authorization, stream: pusher.joined.get('private-stream@streamer')! };
  };
  const shown = () => [...view!.state.goals.values()].map(({ version, progress }) => [version, progress]);

  it('never replaces a goal by an older one, and passes each event on once', async () => {
    const { stream } = await open();
    stream.emit('goal.progressed', eventOf(3, 6));
    stream.emit('goal.progressed', eventOf(2, 4));
    stream.emit('goal.progressed', eventOf(3, 6));
    stream.emit('goal.progressed', { ...eventOf(9, 9), session_id: 'another session' });
    expect(shown()).toEqual([[3, 6]]);
    expect(events).toEqual(['goal.progressed p3']);
  });

  it('passes on a level after progress of the same or a later version', async () => {
    const { stream } = await open();
    stream.emit('goal.progressed', eventOf(2, 10));
    stream.emit('goal.level_reached', { ...eventOf(2, 10, 'level-1'), level_reached: 1 });
    stream.emit('goal.progressed', eventOf(3, 20));
    stream.emit('goal.level_reached', { ...eventOf(2, 10, 'level-2'), level_reached: 2 });
    stream.emit('goal.level_reached', { ...eventOf(2, 10, 'level-1'), level_reached: 1 });
    expect(events).toEqual([
      'goal.progressed p2',
      'goal.level_reached level-1',
      'goal.progressed p3',
      'goal.level_reached level-2',
    ]);
    expect(shown()).toEqual([[3, 20]]);
  });

  it('reads the goals again if an event does not carry its goal', async () => {
    const { stream } = await open();
    pages[''] = { items: [goal(1, 0), goal(0, 0, 'g2')], next_cursor: null };
    stream.emit('goal.added', { event_id: 'added', goal_id: 'g2', session_id: 's1' });
    await until(() => view!.state.goals.size === 2);
    pages[''] = { items: [goal(7, 70), goal(0, 0, 'g2')], next_cursor: null };
    stream.emit('goal.progressed', { event_id: 'big', goal_id: 'g1', version: 7, truncated: true });
    await until(() => shown()[0]?.[0] === 7);
  });

  it('reads the goals again, page by page, after each subscription', async () => {
    pages[''] = { items: [goal(1, 0)], next_cursor: 'second' };
    pages.second = { items: [goal(1, 0, 'g2')], next_cursor: null };
    const { stream } = await open();
    expect(view!.state.goals.size).toBe(2);
    pages.second = { items: [goal(5, 5, 'g2')], next_cursor: null };
    stream.emit('pusher:subscription_succeeded');
    await until(() => requests.length === 4);
    expect(requests).toEqual(['first 200', 'second 200', 'first 304', 'second 200']);
    await until(() => shown()[1]?.[0] === 5);
  });

  it('reads once more if that is requested during a read, however often', async () => {
    const { stream } = await open();
    const { promise, resolve: release } = Promise.withResolvers<void>();
    delayed = promise;
    pages[''] = { items: [goal(2, 2)], next_cursor: null };
    stream.emit('pusher:subscription_succeeded');
    await until(() => requests.length === 2);
    pages[''] = { items: [goal(3, 3)], next_cursor: null };
    for (let times = 0; times < 3; times++) stream.emit('pusher:subscription_succeeded');
    release();
    await until(() => shown()[0]?.[0] === 3);
    // This request comes after all earlier ones.
    pages[''] = { items: [goal(4, 4)], next_cursor: null };
    stream.emit('pusher:subscription_succeeded');
    await until(() => shown()[0]?.[0] === 4);
    expect(requests).toEqual(['first 200', 'first 200', 'first 200', 'first 200']);
  });

  it('reads nothing more after it is closed during a read', async () => {
    const { stream } = await open();
    const { promise, resolve: release } = Promise.withResolvers<void>();
    delayed = promise;
    pages[''] = { items: [goal(2, 2)], next_cursor: null };
    stream.emit('pusher:subscription_succeeded');
    await until(() => requests.length === 2);
    stream.emit('pusher:subscription_succeeded');
    view!.close();
    release();
    await new Promise((resolve) => api.close(resolve));
    expect(requests).toHaveLength(2);
    api = createServer().listen(0, '127.0.0.1');
    await once(api, 'listening');
  });

  it('ignores a response that is older than an event that came meanwhile', async () => {
    const { stream } = await open();
    stream.emit('goal.progressed', eventOf(4, 8));
    stream.emit('pusher:subscription_succeeded');
    await until(() => requests.length === 2);
    expect(shown()).toEqual([[4, 8]]);
  });

  it("decrypts events on the viewer's own channel, and reports those that it cannot", async () => {
    const authorized: string[] = [];
    const { authorization } = await open({
      viewerId: 'viewer',
      onAuthorized: ({ goal_id }) => authorized.push(goal_id),
    });
    const name = 'presence-enc-stream-viewer@streamer.sd.viewer';
    const own = pusher.joined.get(name)!;
    await new Promise((resolve) => {
      authorization.customHandler({ socketId: '1.1', channelName: name }, (_, answer) => resolve(answer));
    });
    own.emit('pusher:subscription_succeeded');
    expect(view!.state.members).toEqual(['viewer']);
    const seal = (key: Uint8Array) => {
      const nonce = nacl.randomBytes(24);
      const text = JSON.stringify({ event_id: 'a1', goal_id: 'show', session_id: 's1', streamer: 'Zoë' });
      const box = nacl.secretbox(Buffer.from(text), nonce, key);
      return { nonce: base64(nonce), ciphertext: base64(box) };
    };
    own.emit('stream.authorized', seal(nacl.randomBytes(32)));
    own.emit('stream.authorized', seal(secret));
    own.emit('stream.authorized', seal(secret));
    expect(authorized).toEqual(['show']);
    expect(errors).toEqual(['The payload cannot be decrypted with the key of its channel.']);
  });

  it('leaves a channel that it may not join, so that it can join again', async () => {
    await open({ viewerId: 'viewer' });
    const name = 'presence-enc-stream-viewer@streamer.sd.viewer';
    pusher.joined.get(name)!.emit('pusher:subscription_error', { error: 'The channel needs a ticket.' });
    expect(errors).toEqual([`The channel ${name} cannot be joined: The channel needs a ticket.`]);
    expect(pusher.joined.has(name)).toBe(false);
    view!.joinAs('viewer');
    expect(pusher.joined.has(name)).toBe(true);
  });

  it('reports errors of the api and the state of the connection, and leaves its channels', async () => {
    pages = {};
    await open();
    expect(errors).toEqual(['There is no such session.']);
    pusher.become('unavailable');
    expect(view!.state.connection).toBe('unavailable');
    view!.close();
    expect(pusher.joined.size).toBe(0);
  });
});

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 3_000; !holds();) {
    if (Date.now() > end) throw new Error(`did not come to hold: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
