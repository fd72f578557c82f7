import { randomInt } from 'node:crypto';
import { WebSocket } from 'ws';
import type { Subscriber } from '../channel/channel.js';
import { encoded } from '../channel/frame.js';
import type { Fields } from '../json.js';

/** A user as its app has signed it. */
export type SignedInUser = Fields & { id: string };

const part = () => randomInt(1, 2 ** 40);

/** One socket of a client. */
export class Connection implements Subscriber {
  readonly socketId = `${part()}.${part()}`;
  /** Names of the channels it is subscribed to. */
  readonly channels = new Set<string>();
  user?: SignedInUser;

  constructor(private readonly socket: WebSocket) {}

  send(frame: string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(frame);
  }

  /** Tells the client what it did wrong. */
  complain(message: string, code: number | null = null): void {
    this.send(encoded({ event: 'pusher:error', data: { code, message } }));
  }

  /** Ends the connection with an error of the protocol. */
  close(code: number, message: string): void {
    this.complain(message, code);
    this.socket.close(code, message);
  }

  /** Sends the client away in good order; pusher-js comes back after a second. */
  goAway(): void {
    this.socket.close(1001, 'the server stops');
  }
}
