import { once } from 'node:events';
import { createHmac } from 'node:crypto';
import { WebSocket } from 'ws';
import type { Timings } from './accept-socket.js';
import { type PusherServer, startPusherServer } from '../pusher-server.js';

const app = { id: 'app-id', key: 'app-key', secret: 'app-secret' };
type Message = { event: string; channel?: string; data: never };

/** A client without pusher-js, which would hide parts of the protocol. */
class RawClient {
  readonly received: Message[] = [];
  readonly socket: WebSocket;
  private waiting: (() => void)[] = [];

  constructor(server: PusherServer, path = `/app/${app.key}?protocol=7`) {
    this.socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`);
    this.socket.on('message', (text: Buffer) => {
      this.received.push(JSON.parse(text.toString()) as Message);
      for (const wake of this.waiting.splice(0)) wake();
    });
  }

  send(event: string, data: unknown, channel?: string): void {
    this.socket.send(JSON.stringify({ event, data, channel }));
  }

  /** The next message with this event. */
  async next(event: string): Promise<Message> {
    for (;;) {
      const index = this.received.findIndex((message) => message.event === event);
      const [message] = index < 0 ? [] : this.received.splice(index, 1);
      if (message) return message;
      await new Promise<void>((wake) => this.waiting.push(wake));
    }
  }

  async connected(): Promise<string> {
    const { data } = await this.next('pusher:connection_established');
    return (JSON.parse(data) as { socket_id: string }).socket_id;
  }

  /** Subscribes to a channel, as this member if one is given. */
  subscribe(channel: string, socketId = '', member?: object): void {
    const channelData = member && JSON.stringify(member);
    const text = [socketId, channel, ...(channelData ? [channelData] : [])].join(':');
    const auth = `${app.key}:${createHmac('sha256', app.secret).update(text).digest('hex')}`;
    this.send('pusher:subscribe', { channel, auth, channel_data: channelData });
  }

  /** The code with which the server closes the connection. */
  async closed(): Promise<number> {
    const [code] = (await once(this.socket, 'close')) as [number];
    return code;
  }
}

describe('the socket', () => {
  let server: PusherServer;
  const clients: RawClient[] = [];

  async function start(timings: Partial<Timings> = {}): Promise<void> {
    server = await startPusherServer({ app, ...timings });
  }
  function client(path?: string): RawClient {
    const raw = new RawClient(server, path);
    clients.push(raw);
    return raw;
  }
  afterEach(async () => {
    for (const { socket } of clients.splice(0)) socket.terminate();
    await server.stop();
  });

  it.each([
    ['/app/no-such-key?protocol=7', 4001],
    ['/elsewhere', 4005],
    [`/app/${app.key}?protocol=seven`, 4006],
    [`/app/${app.key}?protocol=99`, 4007],
    [`/app/${app.key}`, 4008],
  ])('%s is refused with %d', async (path, code) => {
    await start();
    const refused = client(path);
    const closed = refused.closed();
    expect((await refused.next('pusher:error')).data).toMatchObject({ code });
    expect(await closed).toBe(code);
  });

  it('sends a socket id and the activity timeout', async () => {
    await start();
    const { data } = await client().next('pusher:connection_established');
    expect(JSON.parse(data)).toEqual({
      socket_id: expect.stringMatching(/^\d+\.\d+$/),
      activity_timeout: 120,
    });
  });

  it('answers a ping', async () => {
    await start();
    const raw = client();
    await raw.connected();
    raw.send('pusher:ping', {});
    expect(await raw.next('pusher:pong')).toMatchObject({ data: {} });
  });

  it('pings a silent connection, and closes it with 4201 if it does not answer', async () => {
    await start({ activityTimeoutMs: 20, pongTimeoutMs: 60 });
    const raw = client();
    await raw.connected();
    for (let answers = 0; answers < 4; answers++) {
      await raw.next('pusher:ping');
      raw.send('pusher:pong', {});
    }
    expect(await raw.closed()).toBe(4201);
  });

  it.each(['{', '[]', '{"event":7}', '{"event":"constructor"}', '{"event":"pusher:subscribe","data":7}'])(
    'answers %s with an error and stays open',
    async (text) => {
      await start();
      const raw = client();
      await raw.connected();
      raw.socket.send(text);
      await Promise.race([raw.next('pusher:error'), raw.next('pusher:subscription_error')]);
      raw.send('pusher:ping', {});
      await raw.next('pusher:pong');
    },
  );

  it('limits client events per second, and sends an error to the sender', async () => {
    await start({ clientEventsPerSecond: 3 });
    const [one, other] = [client(), client()];
    for (const raw of [one, other]) {
      raw.subscribe('private-a', await raw.connected());
      await raw.next('pusher_internal:subscription_succeeded');
    }
    for (let n = 0; n < 4; n++) one.send('client-typed', { n }, 'private-a');
    expect((await one.next('pusher:error')).data).toMatchObject({ code: 4301 });
    for (let n = 0; n < 3; n++) expect((await other.next('client-typed')).data).toEqual({ n });
    other.send('pusher:ping', {});
    await other.next('pusher:pong');
    expect(other.received).toEqual([]);
  });

  it('refuses the 101st member of a presence channel, and a member with too much user_info', async () => {
    await start();
    const raws = Array.from({ length: 101 }, () => client());
    const ids = await Promise.all(raws.map((raw) => raw.connected()));
    for (const [n, raw] of raws.slice(0, 100).entries())
      raw.subscribe('presence-a', ids[n], { user_id: `${n}` });
    await Promise.all(raws.slice(0, 100).map((raw) => raw.next('pusher_internal:subscription_succeeded')));
    const [last] = raws.slice(-1);
    last!.subscribe('presence-a', ids[100], { user_id: '100' });
    expect((await last!.next('pusher:subscription_error')).data).toMatchObject({ type: 'LimitReached' });
    last!.subscribe('presence-b', ids[100], { user_id: '100', user_info: 'x'.repeat(1025) });
    expect((await last!.next('pusher:subscription_error')).data).toMatchObject({ status: 400 });
    last!.subscribe('presence-a', ids[100], { user_id: '7' });
    await last!.next('pusher_internal:subscription_succeeded');
  });

  it.each(['', 'a b', '#private', 'x'.repeat(165)])('refuses to subscribe to %p', async (name) => {
    await start();
    const raw = client();
    await raw.connected();
    raw.subscribe(name);
    const { data } = await raw.next('pusher:subscription_error');
    expect(data).toMatchObject({ type: 'InvalidChannel', status: 400 });
  });
});
