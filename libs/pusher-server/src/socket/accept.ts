import type { WebSocket } from 'ws';
import { protocolFrame } from '../channel/frame.js';
import { LiveApp } from '../live-app.js';
import type { Timings } from '../options.js';
import { Connection } from './connection.js';
import { appFor } from './greeting.js';
import { watchLiveness } from './liveness.js';
import { messageHandler } from './messages.js';

/** Lets a socket in, or tells it why not. */
export function accept(socket: WebSocket, url: URL, apps: LiveApp[], timings: Timings): void {
  // A broken frame closes the socket by itself; without a listener it would end the process.
  socket.on('error', () => {});
  const connection = new Connection(socket);
  const app = appFor(url, apps);
  if (!(app instanceof LiveApp)) {
    connection.close(app.code, app.message);
    return;
  }
  app.connections.add(connection);
  socket.once('close', () => app.forget(connection));
  watchLiveness(socket, connection, timings);
  const handle = messageHandler(app, connection, timings);
  socket.on('message', (data, isBinary) => handle(isBinary ? '' : (data as Buffer).toString()));
  const activityTimeout = Math.ceil(timings.activityTimeoutMs / 1000);
  const established = { socket_id: connection.socketId, activity_timeout: activityTimeout };
  connection.send(protocolFrame('pusher:connection_established', established));
}
