import type { LiveApp } from '../live-app.js';
import {
  asFields,
  asText,
  encoded,
  type Fields,
  isOver,
  isSignedBy,
  limits,
  parsed,
  protocolFrame,
  takesClientEvents,
} from '../protocol.js';
import type { Connection, SignedInUser } from './connection.js';
import { subscribe } from './subscribe.js';

type MessageHandler = (app: LiveApp, connection: Connection, data: Fields) => void;

const handlers = new Map<string, MessageHandler>([
  ['pusher:ping', (_, connection) => connection.send(encoded({ event: 'pusher:pong', data: {} }))],
  ['pusher:pong', () => {}],
  ['pusher:subscribe', subscribe],
  ['pusher:unsubscribe', (app, connection, { channel }) => app.leave(connection, asText(channel))],
  ['pusher:signin', signIn],
]);

/** Returns a function that handles each message of one connection. */
export function messageHandler(
  app: LiveApp,
  connection: Connection,
  clientEventsPerSecond: number,
): (text: string) => void {
  const rate = new RateLimit(clientEventsPerSecond);
  return (text) => {
    const message = asFields(parsed(text));
    const { event, data } = message ?? {};
    if (!message || typeof event !== 'string') {
      connection.sendError('A message has to be a JSON object with an event');
      return;
    }
    const handler = handlers.get(event);
    // Some clients send data as JSON inside of JSON.
    if (handler) handler(app, connection, asFields(typeof data === 'string' ? parsed(data) : data) ?? {});
    else if (event.startsWith('client-')) relayClientEvent(app, connection, rate, event, message);
    else connection.sendError(`Unknown event: ${event.slice(0, 200)}`);
  };
}

/** Signs a user in on a connection; as at Pusher, a connection whose sign-in fails is closed. */
function signIn({ app }: LiveApp, connection: Connection, data: Fields): void {
  const { auth, user_data: userData } = data;
  if (typeof userData !== 'string' || !isSignedBy(app, auth, `${connection.socketId}::user::${userData}`)) {
    connection.close(4009, 'Connection not authorized: the signature of the sign-in is wrong');
    return;
  }
  const user = asFields(parsed(userData));
  if (!isUser(user)) {
    connection.close(4009, `user_data has to have an id of up to ${limits.userIdLength} characters`);
    return;
  }
  connection.user = user;
  connection.send(protocolFrame('pusher:signin_success', { user_data: userData }));
}

function isUser(user: Fields | undefined): user is SignedInUser {
  return typeof user?.id === 'string' && user.id !== '' && user.id.length <= limits.userIdLength;
}

/** Sends the event of one client to the others on its channel. */
function relayClientEvent(
  app: LiveApp,
  connection: Connection,
  rate: RateLimit,
  event: string,
  { channel, data }: Fields,
): void {
  const name = asText(channel);
  const invalid = clientEventError(connection, event, name, data);
  if (invalid) connection.sendError(`The client event was rejected: ${invalid}`);
  else if (!rate.admits())
    connection.sendError(`The client event was rejected: more than ${rate.perSecond} in a second`, 4301);
  else {
    const target = app.channel(name);
    target?.broadcast({ event, data, user_id: target.memberOf(connection)?.userId }, connection.socketId);
  }
}

function clientEventError(
  { channels }: Connection,
  event: string,
  name: string,
  data: unknown,
): string | undefined {
  if (!takesClientEvents(name)) return 'only private and presence channels take them';
  if (!channels.has(name)) return `there is no subscription to ${name}`;
  if (event.length > limits.eventNameLength) return `its name has over ${limits.eventNameLength} characters`;
  const text = typeof data === 'string' ? data : JSON.stringify(data ?? null);
  return isOver(text, limits.dataBytes) ? `its data has over ${limits.dataBytes} bytes` : undefined;
}

/** Admits a number of events in each second. */
class RateLimit {
  private startedAt = 0;
  private admitted = 0;

  constructor(readonly perSecond: number) {}

  admits(now = performance.now()): boolean {
    if (now - this.startedAt >= 1000) {
      this.startedAt = now;
      this.admitted = 0;
    }
    this.admitted += 1;
    return this.admitted <= this.perSecond;
  }
}
