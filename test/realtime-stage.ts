import { randomBytes } from 'node:crypto';
import Pusher from 'pusher';
import pusherJs, { type Channel } from 'pusher-js';
import nacl from 'tweetnacl';

// The types show a default export that the CommonJS build for Node does not have.
const PusherClient = pusherJs as unknown as typeof pusherJs.default;
// As in a browser. The socket that pusher-js brings for Node leaves a timer of 30 s behind when the server closes it.
PusherClient.Runtime.getWebSocketAPI = () => WebSocket as never;

/** A screen: a client as the official library has it. */
export type Screen = InstanceType<typeof PusherClient>;

/** A server of the Pusher protocol that runs for a test. */
export interface RealtimeServer {
  host: string;
  port: number;
  app: { id: string; key: string; secret: string };
  stop(): Promise<void>;
}

/** Where a server departs from what Pusher documents, in a way that goalpost can live with. */
export interface Departures {
  /** A wrong signature is answered by error 4009 alone: without pusher:subscription_error, and the connection stays. */
  refusesByErrorAlone?: boolean;
  /** A socket with an unknown key is not even opened, so that the client reads no 4001. */
  dropsUnknownKey?: boolean;
  /** Client events on presence channels lack the user_id of who sent them. */
  hidesClientEventSender?: boolean;
  /** The channel over which the server speaks to a user stands among the channels. */
  listsUserChannels?: boolean;
  /** How long it takes clients to come back after a restart. */
  backWithinMs?: number;
}

/** A message as the sockets of pusher-js hand it out. */
export interface Message {
  event: string;
  channel?: string;
  data: unknown;
  user_id?: string;
}

/** What events can be bound to. */
interface Emitter {
  bind(event: string, callback: (data: never) => void): unknown;
  unbind(event: string, callback: (data: never) => void): unknown;
}

const boundMs = 8_000;

/** The next event of this name that passes; fails where none comes in time. */
export function next<T = unknown>(
  from: Emitter,
  event: string,
  passes: (data: T) => boolean = () => true,
  withinMs = boundMs,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      from.unbind(event, heard);
      reject(new Error(`no ${event} came within ${withinMs} ms`));
    }, withinMs);
    const heard = (data: T) => {
      if (!passes(data)) return;
      clearTimeout(late);
      from.unbind(event, heard);
      resolve(data);
    };
    from.bind(event, heard);
  });
}

/** Everything of these names that comes from now on, in order. */
export function collect(from: Emitter, ...events: string[]): unknown[] {
  const seen: unknown[] = [];
  for (const event of events) from.bind(event, (data: unknown) => seen.push(data));
  return seen;
}

/** Resolves once the server has let the client into the channel. */
export const joined = <T = unknown>(channel: Channel, withinMs?: number) =>
  next<T>(channel, 'pusher:subscription_succeeded', undefined, withinMs);

/** A channel name that no other test uses. */
export const channelName = (kind = '') => `${kind}test-${randomBytes(8).toString('hex')}`;

/** The official libraries, both ends of them, on one server. */
export class Stage {
  readonly library: Pusher;
  private readonly screens: Screen[] = [];

  constructor(
    readonly server: RealtimeServer,
    readonly departures: Departures = {},
  ) {
    this.library = this.libraryWith(server.app.secret);
  }

  /** The library of a backend that holds this secret. */
  libraryWith(secret: string): Pusher {
    const { host, port, app } = this.server;
    const encryptionMasterKeyBase64 = Buffer.alloc(32, 7).toString('base64');
    return new Pusher({
      appId: app.id,
      key: app.key,
      secret,
      host,
      port: `${port}`,
      encryptionMasterKeyBase64,
    });
  }

  /** A screen of this user; what it asks of its backend is signed by this library. */
  screen(userId = 'someone', library = this.library, key = this.server.app.key): Screen {
    const screen = new PusherClient(key, {
      cluster: '',
      wsHost: this.server.host,
      wsPort: this.server.port,
      forceTLS: false,
      enabledTransports: ['ws'],
      nacl,
      channelAuthorization: {
        endpoint: '',
        transport: 'ajax',
        customHandler: ({ socketId, channelName: name }, done) => {
          const member = { user_id: userId, user_info: { name: `${userId} by name` } };
          done(
            null,
            library.authorizeChannel(socketId, name, name.startsWith('presence-') ? member : undefined),
          );
        },
      },
      userAuthentication: {
        endpoint: '',
        transport: 'ajax',
        customHandler: ({ socketId }, done) => done(null, library.authenticateUser(socketId, { id: userId })),
      },
    });
    this.screens.push(screen);
    return screen;
  }

  /** A new screen that has joined the channel. */
  async join(name: string, userId?: string): Promise<Channel> {
    const channel = this.screen(userId).subscribe(name);
    await joined(channel);
    return channel;
  }

  /** Resolves once the server has handled all that this screen sent before. */
  async settled(screen: Screen): Promise<void> {
    await joined(screen.subscribe(channelName()));
  }

  /** Takes all screens away. */
  clear(): void {
    for (const screen of this.screens.splice(0)) screen.disconnect();
  }
}
