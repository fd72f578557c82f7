import type { GoalEvent } from '#contracts';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { checkWire } from './wire.js';

/** A call as a receiver got it. */
export interface ReceivedCall {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  event: GoalEvent;
  at: number;
}

/** Receives webhooks, on as many paths as a test likes, and answers as the test says. */
export class WebhookReceiver {
  readonly calls: ReceivedCall[] = [];
  /** Answers a call; default: 204. One that does nothing leaves it without an answer. */
  answer: (call: ReceivedCall, response: ServerResponse) => void = (_, response) => accept(response);
  private readonly server: Server = createServer((request, response) => {
    void text(request).then((body) => {
      const { url: path = '', headers } = request;
      const call = { path, headers, body, event: JSON.parse(body) as GoalEvent, at: Date.now() };
      this.calls.push(call);
      checkWire(`webhook.${call.event.type}`, call.event, headers);
      this.answer(call, response);
    });
  });
  private port = 0;

  /** Listens; on the same port as before if it did before. */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** What WEBHOOK_ALLOW has to list. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  url(path = '/'): string {
    return `http://${this.host}${path}`;
  }

  /** Cuts all connections and takes no more. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  of(path: string): ReceivedCall[] {
    return this.calls.filter((call) => call.path === path);
  }

  /** Events that came on a path, each once, in the order of their first arrival. */
  eventsOf(path: string): GoalEvent[] {
    return [...new Map(this.of(path).map(({ event }) => [event.event_id, event])).values()];
  }
}

export function accept(response: ServerResponse): void {
  response.writeHead(204).end();
}

/** The event of a call; throws unless the specification's own library finds it signed by this secret. */
export function verified({ body, headers }: ReceivedCall, secret: string): GoalEvent {
  return new Webhook(secret).verify(body, headers as Record<string, string>) as GoalEvent;
}
