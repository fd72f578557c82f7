import type { WebSocket } from 'ws';
import { LiveApp } from '../live-app.js';
import { encoded, protocolFrame } from '../protocol.js';
import { Connection } from './connection.js';
import { messageHandler } from './messages.js';

/** How the server treats its connections. */
export interface Timings {
  /** After this silence the server pings a connection. */
  activityTimeoutMs: number;
  /** The server closes a connection that does not answer a ping within this time. */
  pongTimeoutMs: number;
  /** Client events that one connection may send in a second. */
  clientEventsPerSecond: number;
}

/** The timings of Pusher. */
export const defaultTimings: Timings = {
  activityTimeoutMs: 120_000,
  pongTimeoutMs: 30_000,
  clientEventsPerSecond: 10,
};

/** Of version 7, the last, down to 5, the first whose clients understand the close codes. */
const PROTOCOL_VERSIONS = { oldest: 5, newest: 7 };

/** Accepts a socket, or closes it with the reason. */
export function acceptSocket(socket: WebSocket, url: URL, apps: LiveApp[], timings: Timings): void {
  // A broken frame closes the socket by itself; without a listener the error would end the process.
  socket.on('error', () => {});
  const connection = new Connection(socket);
  const app = appFor(url, apps);
  if (!(app instanceof LiveApp)) {
    connection.close(app.code, app.message);
    return;
  }
  app.connections.add(connection);
  socket.once('close', () => app.remove(connection));
  closeWhenDead(socket, connection, timings);
  const handle = messageHandler(app, connection, timings.clientEventsPerSecond);
  socket.on('message', (data, isBinary) => handle(isBinary ? '' : (data as Buffer).toString()));
  const activityTimeout = Math.ceil(timings.activityTimeoutMs / 1000);
  const established = { socket_id: connection.socketId, activity_timeout: activityTimeout };
  connection.send(protocolFrame('pusher:connection_established', established));
}

/** The app that a client asks for by `/app/{key}?protocol=7`, or why it is refused. */
function appFor(url: URL, apps: LiveApp[]): LiveApp | { code: number; message: string } {
  const key = /^\/app\/([^/]+)\/?$/.exec(url.pathname)?.[1];
  if (key === undefined) return { code: 4005, message: 'Path not found' };
  const found = apps.find(({ app }) => app.key === key);
  if (!found) return { code: 4001, message: `There is no app with the key ${key.slice(0, 60)}` };
  const protocol = url.searchParams.get('protocol');
  if (protocol === null) return { code: 4008, message: 'No protocol version supplied' };
  if (!/^\d{1,4}$/.test(protocol)) return { code: 4006, message: 'Invalid version string format' };
  const { oldest, newest } = PROTOCOL_VERSIONS;
  if (Number(protocol) < oldest || Number(protocol) > newest)
    return { code: 4007, message: `Unsupported protocol version: use ${oldest} to ${newest}` };
  return found;
}

/** Pings a silent connection, and closes it if it does not answer. */
function closeWhenDead(
  socket: WebSocket,
  connection: Connection,
  { activityTimeoutMs, pongTimeoutMs }: Timings,
): void {
  let timer: NodeJS.Timeout;
  const ping = () => {
    connection.send(encoded({ event: 'pusher:ping', data: {} }));
    timer = setTimeout(() => connection.close(4201, 'Pong reply not received'), pongTimeoutMs);
  };
  const restartTimer = () => {
    clearTimeout(timer);
    timer = setTimeout(ping, activityTimeoutMs);
  };
  restartTimer();
  // pusher-js on Node sends pings of the WebSocket itself.
  socket.on('message', restartTimer).on('ping', restartTimer);
  socket.once('close', () => clearTimeout(timer));
}
