import { randomInt } from 'node:crypto';
import { WebSocket } from 'ws';
import type { Subscriber } from '../channel.js';
import { encoded, type Fields } from '../protocol.js';

/** A signed-in user, with the data that the app has signed. */
export type SignedInUser = Fields & { id: string };

const randomPart = () => randomInt(1, 2 ** 40);

/** One socket of a client. */
export class Connection implements Subscriber {
  readonly socketId = `${randomPart()}.${randomPart()}`;
  /** Names of the channels it is subscribed to. */
  readonly channels = new Set<string>();
  user?: SignedInUser;

  constructor(private readonly socket: WebSocket) {}

  send(frame: string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(frame);
  }

  /** Sends an error of the protocol. */
  sendError(message: string, code: number | null = null): void {
    this.send(encoded({ event: 'pusher:error', data: { code, message } }));
  }

  /** Closes the connection with an error of the protocol. */
  close(code: number, message: string): void {
    this.sendError(message, code);
    this.socket.close(code, message);
  }

  /** Closes the connection because the server stops; pusher-js reconnects after a second. */
  goAway(): void {
    this.socket.close(1001, 'the server stops');
  }
}
