import type { WebSocket } from 'ws';
import { encoded } from '../channel/frame.js';
import type { Timings } from '../options.js';
import type { Connection } from './connection.js';

/** Asks a silent connection whether it still lives, and ends one that does not answer. */
export function watchLiveness(
  socket: WebSocket,
  connection: Connection,
  { activityTimeoutMs, pongTimeoutMs }: Timings,
): void {
  let timer: NodeJS.Timeout;
  const giveUp = () => connection.close(4201, 'Pong reply not received');
  const ask = () => {
    connection.send(encoded({ event: 'pusher:ping', data: {} }));
    timer = setTimeout(giveUp, pongTimeoutMs);
  };
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, activityTimeoutMs);
  };
  alive();
  // pusher-js on Node asks with a ping of the WebSocket itself.
  socket.on('message', alive).on('ping', alive);
  socket.once('close', () => clearTimeout(timer));
}
