import { jest } from '@jest/globals';
import { FakePusher } from '../../../test/fake-pusher.js';
import {
  createStreamView,
  type EventPayload,
  type Goal,
  type StreamState,
  type StreamViewOptions,
} from './index.js';

const goal = (version: number, goal_id = 'g1') =>
  ({ goal_id, version, levels: [{ target: 10 }], progress: version }) as unknown as Goal;

/** A Pusher that records listeners, subscriptions and unsubscriptions. */
class WatchedPusher extends FakePusher {
  readonly subscribed: string[] = [];
  readonly left: string[] = [];
  readonly bound = new Set<string>();
  constructor() {
    super();
    const { bind, unbind } = this.connection;
    this.connection.bind = (event, listener) => (this.bound.add(event), bind(event, listener));
    Object.assign(this.connection, { unbind: (event: string) => (this.bound.delete(event), unbind()) });
    const { subscribe, unsubscribe } = this;
    this.subscribe = (name) => (this.subscribed.push(name), subscribe(name));
    this.unsubscribe = (name) => (this.left.push(name), unsubscribe(name));
  }
}

const ownFetch = globalThis.fetch;
let pusher: WatchedPusher;
let view: ReturnType<typeof createStreamView>;
let requests: { url: string; headers: Record<string, string> }[];
/** The next response of the api, and all after it. */
let answer: () => Promise<unknown>;
let changes: StreamState[];
let events: string[];
let errors: string[];

const page = (items: Goal[], next_cursor: string | null = null, etag: string | null = null) => ({
  ok: true,
  status: 200,
  headers: { get: (name: string) => (name === 'etag' ? etag : null) },
  json: () => Promise.resolve({ items, next_cursor }),
});
const refusal = (status: number) => ({
  ok: false,
  status,
  json: () => Promise.resolve({ detail: `no ${status}` }),
});
const answers = (...given: unknown[]) => {
  answer = () => Promise.resolve(given.length > 1 ? given.shift() : given[0]);
};
const settled = () => jest.advanceTimersByTimeAsync(0);

beforeEach(() => {
  jest.useFakeTimers();
  jest.spyOn(Math, 'random').mockReturnValue(0.5);
  [requests, changes, events, errors] = [[], [], [], []];
  pusher = new WatchedPusher();
  answers(page([goal(1)]));
  globalThis.fetch = ((url: string, { headers }: { headers: Record<string, string> }) => {
    requests.push({ url, headers });
    return answer();
  }) as unknown as typeof fetch;
});
afterEach(() => {
  view.close();
  jest.restoreAllMocks();
  jest.useRealTimers();
  globalThis.fetch = ownFetch;
});

async function open(more: Partial<StreamViewOptions> = {}) {
  view = createStreamView({
    api: 'https://api',
    token: 't',
    sessionId: 's1',
    streamerId: 'streamer',
    pusher,
    authorization: { customHandler: () => undefined, secretOf: () => undefined },
    onChange: (state) => changes.push({ ...state, goals: new Map(state.goals) }),
    onEvent: (name, { event_id }) => events.push(`${name} ${event_id}`),
    onError: ({ message }) => errors.push(message),
    ...more,
  });
  await settled();
  return pusher.joined.get('private-stream@streamer')!;
}
const event = (fields: Partial<EventPayload>) => ({ session_id: 's1', goal_id: 'g1', ...fields });

describe('the goals of a view', () => {
  it('are there once they were read, and only changes are reported', async () => {
    const stream = await open();
    expect(requests.map(({ url }) => url)).toEqual(['https://api/sessions/s1/goals']);
    expect(changes).toMatchObject([{ isLoaded: true, connection: 'connected', members: [] }]);
    stream.emit('pusher:subscription_succeeded');
    await settled();
    expect([requests.length, changes.length]).toEqual([2, 1]);
    answers(page([goal(1), goal(0, 'g2')]));
    view.resync();
    await settled();
    expect(changes[1]!.goals.get('g2')).toEqual(goal(0, 'g2'));
    answers(page([{ ...goal(1), progress: 9 }]));
    view.resync();
    await settled();
    expect(changes[2]!.goals.get('g1')).toMatchObject({ progress: 9 });
    expect(changes).toHaveLength(3);
  });

  it('are loaded also if there are none', async () => {
    answers(page([]));
    await open();
    expect(changes).toMatchObject([{ isLoaded: true }]);
  });

  it('are not loaded before they were read', async () => {
    answer = () => new Promise(() => {});
    await open();
    expect([view.state.isLoaded, view.state.goals.size]).toEqual([false, 0]);
  });

  it('ignore an older response, and take one of the same version', async () => {
    const stream = await open();
    stream.emit('goal.progressed', event({ event_id: 'a', version: 3, levels: [], progress: 3 }));
    answers(page([goal(2)]));
    view.resync();
    await settled();
    expect(view.state.goals.get('g1')).toMatchObject({ version: 3 });
    answers(page([{ ...goal(3), progress: 33 }, goal(1, 'g2')]));
    view.resync();
    await settled();
    expect(view.state.goals.get('g1')).toMatchObject({ version: 3, progress: 33 });
  });

  it('are read page by page, each with its etag', async () => {
    answers(page([goal(1)], 'a/b', '"1"'), page([goal(1, 'g2')]));
    await open({ sessionId: 's/1' });
    expect([...view.state.goals.keys()]).toEqual(['g1', 'g2']);
    answers({ ok: false, status: 304 }, page([goal(2, 'g2')], null, '"2"'));
    view.resync();
    await settled();
    expect(requests.map(({ url }) => url)).toEqual([
      'https://api/sessions/s%2F1/goals',
      'https://api/sessions/s%2F1/goals?cursor=a%2Fb',
      'https://api/sessions/s%2F1/goals',
      'https://api/sessions/s%2F1/goals?cursor=a%2Fb',
    ]);
    expect(requests.map(({ headers }) => headers['if-none-match'])).toEqual([
      undefined,
      undefined,
      '"1"',
      undefined,
    ]);
    expect(requests[0]!.headers).toEqual({ authorization: 'Bearer t' });
    expect(view.state.goals.get('g2')).toMatchObject({ version: 2 });
  });
});

describe('an event of the stream', () => {
  it('replaces its goal, without the fields of the event', async () => {
    const stream = await open();
    const only = { event_id: 'a', occurred_at: 'now', scheduled_for: 'then', level_reached: 1 };
    stream.emit('goal.progressed', event({ ...only, version: 2, levels: [], unit: 'coins' }));
    expect(view.state.goals.get('g1')).toEqual({ goal_id: 'g1', version: 2, levels: [], unit: 'coins' });
    expect([changes.length, events, requests.length]).toEqual([2, ['goal.progressed a'], 1]);
  });

  it('that a contribution was voided replaces its goal, whose own reason stays', async () => {
    const stream = await open();
    const voided = { source_id: 's', delta: -3, reason: 'charged back', levels: [] };
    stream.emit('goal.corrected', event({ event_id: 'a', version: 2, ...voided }));
    expect(view.state.goals.get('g1')).toEqual({ goal_id: 'g1', version: 2, levels: [] });
    stream.emit('goal.cancelled', event({ event_id: 'b', version: 3, levels: [], reason: 'cancelled' }));
    stream.emit('goal.corrected', event({ event_id: 'c', version: 4, ...voided }));
    expect(view.state.goals.get('g1')).toEqual({
      goal_id: 'g1',
      version: 4,
      levels: [],
      reason: 'cancelled',
    });
  });

  it('adds an unknown goal', async () => {
    const stream = await open();
    stream.emit('goal.added', event({ event_id: 'a', goal_id: 'g9', version: 0, levels: [] }));
    expect(view.state.goals.has('g9')).toBe(true);
    await settled();
    expect([changes.length, requests.length]).toEqual([2, 1]);
  });

  it('of the known version is passed on and changes nothing', async () => {
    const stream = await open();
    stream.emit('goal.progressed', event({ event_id: 'a', version: 1, levels: [], progress: 77 }));
    expect([changes.length, events]).toEqual([1, ['goal.progressed a']]);
    expect(view.state.goals.get('g1')).toEqual(goal(1));
  });

  it('of an older version is dropped, unless it reports a level', async () => {
    const stream = await open();
    stream.emit('goal.progressed', event({ event_id: 'a', version: 0, levels: [] }));
    stream.emit('goal.level_reached', event({ event_id: 'b', version: 0, levels: [] }));
    await settled();
    expect([events, changes.length, requests.length]).toEqual([['goal.level_reached b'], 1, 1]);
  });

  it.each<[string, Partial<EventPayload>, number]>([
    ['without its goal, of one that is not known', { goal_id: 'g9' }, 2],
    ['without its levels, of one that is not known', { goal_id: 'g9', version: 5 }, 2],
    ['that was cut', { version: 5, truncated: true }, 2],
    ['without its goal, of one that is known', {}, 1],
    ['without its levels, of one that is known', { version: 5 }, 1],
    ['with levels and no version, of one that is known', { levels: [] }, 1],
    ['with levels and no version, of one that is not', { goal_id: 'g9', levels: [] }, 2],
  ])('%s', async (_, fields, reads) => {
    const stream = await open();
    stream.emit('goal.progressed', event({ event_id: 'a', ...fields }));
    await settled();
    expect([requests.length, events, changes.length]).toEqual([reads, ['goal.progressed a'], 1]);
  });

  it('of another session is dropped; the session can be in its conditions or missing', async () => {
    const stream = await open();
    stream.emit('x', event({ event_id: 'a', session_id: 's2' }));
    stream.emit('x', event({ event_id: 'b', session_id: undefined, conditions: { session_id: 's2' } }));
    stream.emit('x', event({ event_id: 'c', session_id: undefined, conditions: { session_id: 's1' } }));
    stream.emit('x', event({ event_id: 'd', session_id: undefined }));
    expect(events).toEqual(['x c', 'x d']);
  });

  it('is passed on once, as long as its id is among the last thousand', async () => {
    const stream = await open();
    for (let id = 0; id < 1000; id++) stream.emit('x', event({ event_id: `${id}` }));
    stream.emit('x', event({ event_id: '0' }));
    expect(events).toHaveLength(1000);
    stream.emit('x', event({ event_id: '1000' }));
    stream.emit('x', event({ event_id: '1' }));
    expect(events).toHaveLength(1001);
    stream.emit('x', event({ event_id: '0' }));
    expect(events).toHaveLength(1002);
  });

  it('without an id is passed on each time', async () => {
    const stream = await open();
    for (let times = 0; times < 2; times++) stream.emit('x', event({}));
    expect(events).toEqual(['x undefined', 'x undefined']);
  });

  it("is not passed on if it is Pusher's own", async () => {
    const stream = await open();
    stream.emit('pusher:subscription_count', event({ event_id: 'a' }));
    expect(events).toEqual([]);
  });

  it('whose listener throws is an error, and the next is passed on', async () => {
    let fails = true;
    const seen: string[] = [];
    const stream = await open({
      onEvent: (name) => {
        if (fails) throw new Error('broken page');
        seen.push(name);
      },
    });
    stream.emit('x', event({ event_id: 'a' }));
    fails = false;
    stream.emit('y', event({ event_id: 'b' }));
    expect([errors, seen]).toEqual([['broken page'], ['y']]);
  });

  it('needs no listener', async () => {
    const stream = await open({ onEvent: undefined, onChange: undefined, onError: undefined });
    expect(() =>
      stream.emit('x', event({ event_id: 'a', goal_id: 'g2', version: 1, levels: [] })),
    ).not.toThrow();
    expect(view.state.goals.size).toBe(2);
  });
});

describe("the viewer's own channel", () => {
  const name = 'presence-enc-stream-viewer@streamer.sd.viewer';

  it('is joined once, by the name from its template, if there is a viewer', async () => {
    await open();
    expect(pusher.subscribed).toEqual(['private-stream@streamer']);
    view.joinAs('viewer');
    view.joinAs('viewer');
    expect(pusher.subscribed).toEqual(['private-stream@streamer', name]);
    view.close();
    await open({
      viewerId: 'v',
      channels: { stream: 's-{streamer_id}{streamer_id}{viewer_id}', viewer: '{viewer_id}.{viewer_id}' },
    });
    expect(pusher.subscribed.slice(2)).toEqual(['s-streamerstreamer', 'v.v']);
  });

  it('reports its members each time that they change', async () => {
    await open({ viewerId: 'viewer' });
    const own = pusher.joined.get(name)!;
    for (const [index, what] of ['subscription_succeeded', 'member_added', 'member_removed'].entries()) {
      Object.assign(own.members, { members: { [`viewer ${index}`]: null } });
      own.emit(`pusher:${what}`);
      expect(changes.at(-1)!.members).toEqual([`viewer ${index}`]);
    }
    await settled();
    expect(requests).toHaveLength(1);
  });

  it('passes on unencrypted events of its session, each once', async () => {
    const authorized: unknown[] = [];
    await open({ viewerId: 'viewer', onAuthorized: ({ goal_id }) => authorized.push(goal_id) });
    const own = pusher.joined.get(name)!;
    own.emit('stream.authorized', event({ event_id: 'a' }));
    own.emit('stream.authorized', event({ event_id: 'a' }));
    own.emit('stream.authorized', event({ event_id: 'b', session_id: 's2' }));
    own.emit('stream.other', event({ event_id: 'c' }));
    expect([events, authorized]).toEqual([['stream.authorized a', 'stream.other c'], ['g1']]);
  });

  it('tells that access was lost, and is left only if the session has ended', async () => {
    const revoked: unknown[] = [];
    await open({ viewerId: 'viewer', onRevoked: ({ cause }) => revoked.push(cause) });
    const own = pusher.joined.get(name)!;
    own.emit('stream.revoked', event({ event_id: 'a', cause: 'ban' }));
    expect(pusher.joined.has(name)).toBe(true);
    own.emit('stream.revoked', event({ event_id: 'b', cause: 'session_ended' }));
    expect([revoked, pusher.joined.has(name)]).toEqual([['ban', 'session_ended'], false]);
    view!.joinAs('viewer');
    expect(pusher.joined.get(name)).not.toBe(own);
  });

  it('is left if it cannot be joined', async () => {
    await open({ viewerId: 'viewer' });
    const own = pusher.joined.get(name)!;
    own.emit('pusher:subscription_error', { status: 403 });
    expect(errors).toEqual([`The channel ${name} cannot be joined: 403`]);
    own.emit('x', event({ event_id: 'late' }));
    expect([pusher.left, events]).toEqual([[name], []]);
  });
});

describe('reading again', () => {
  const reads = () => requests.length;

  it('is retried with growing waits up to half a minute until it succeeds', async () => {
    answer = () => Promise.reject(new Error('offline'));
    await open();
    expect(errors).toEqual(['offline']);
    for (const wait of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      const before = reads();
      await jest.advanceTimersByTimeAsync(wait - 1);
      expect(reads()).toBe(before);
      await jest.advanceTimersByTimeAsync(1);
      expect(reads()).toBe(before + 1);
    }
    answers(page([goal(1)]));
    await jest.advanceTimersByTimeAsync(30_000);
    expect(jest.getTimerCount()).toBe(0);
    answer = () => Promise.reject(new Error('offline'));
    view.resync();
    await settled();
    const before = reads();
    await jest.advanceTimersByTimeAsync(500);
    expect(reads()).toBe(before + 1);
  });

  it('waits with jitter, so that viewers do not retry all at once', async () => {
    answer = () => Promise.reject(new Error('offline'));
    jest.spyOn(Math, 'random').mockReturnValue(0);
    await open();
    await jest.advanceTimersByTimeAsync(249);
    expect(reads()).toBe(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(reads()).toBe(2);
  });

  it.each([
    [399, true],
    [400, false],
    [404, false],
    [429, true],
    [499, false],
    [500, true],
    [503, true],
  ])('after a refusal %i: %s', async (status, again) => {
    answers(refusal(status));
    await open();
    expect(errors).toEqual([`no ${status}`]);
    expect(jest.getTimerCount()).toBe(again ? 1 : 0);
  });

  it('has one timer, the last', async () => {
    answer = () => Promise.reject(new Error('offline'));
    await open();
    view.resync();
    await settled();
    expect([reads(), jest.getTimerCount()]).toEqual([2, 1]);
    await jest.advanceTimersByTimeAsync(999);
    expect(reads()).toBe(2);
    await jest.advanceTimersByTimeAsync(1);
    expect(reads()).toBe(3);
  });

  it('runs once more if it was requested meanwhile, however often', async () => {
    const held: ((given: unknown) => void)[] = [];
    answer = () => new Promise((resolve) => held.push(resolve));
    await open();
    for (let times = 0; times < 3; times++) view.resync();
    await settled();
    expect(reads()).toBe(1);
    held[0]!(page([goal(1)]));
    await settled();
    expect(reads()).toBe(2);
    held[1]!(page([goal(1)]));
    await settled();
    expect(reads()).toBe(2);
    view.resync();
    await settled();
    expect(reads()).toBe(3);
  });

  it('ends with the view, whether it is running or not', async () => {
    const held: ((given: unknown) => void)[] = [];
    answer = () => new Promise((resolve) => held.push(resolve));
    await open();
    view.resync();
    view.close();
    view.resync();
    held[0]!(page([goal(1)]));
    await settled();
    view.resync();
    await settled();
    expect(reads()).toBe(1);
  });

  it('is not retried once the view is closed', async () => {
    answer = () => Promise.reject(new Error('offline'));
    await open();
    view.close();
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('the connection of a view', () => {
  it('is followed until the view is closed, which leaves every channel', async () => {
    await open({ viewerId: 'viewer' });
    expect([...pusher.bound]).toEqual(['state_change']);
    pusher.become('unavailable');
    expect(changes.at(-1)!.connection).toBe('unavailable');
    view.close();
    expect(pusher.left).toEqual(['private-stream@streamer', 'presence-enc-stream-viewer@streamer.sd.viewer']);
    expect(pusher.bound.size).toBe(0);
    pusher.become('connected');
    expect(view.state.connection).toBe('unavailable');
  });
});
