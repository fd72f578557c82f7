import { setTimeout } from 'node:timers/promises';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import {
  connect,
  type NatsConnection,
  type NodeConnectionOptions,
  type Subscription,
  type SubscriptionOptions,
} from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { type NatsContext, type NatsStatus, ServerNats } from '@nestjs/microservices';
import { briefly, type Respond, UnansweredRequests } from './unanswered.js';

/** Nest's enum of states has no value at run time. */
const connected = 'connected' as NatsStatus;
const retryMs = 500;
const logger = new Logger('NATS');

/**
 * Nest's NATS transport, with two differences. It does not wait for the server: the process serves HTTP meanwhile, and takes
 * messages once the server is there. And it stops gracefully: it takes no more, answers what it has taken, and disconnects.
 */
export class NatsServer extends ServerNats {
  private readonly stopped = new AbortController();
  private readonly openSubscriptions: Subscription[] = [];
  private readonly unanswered = new UnansweredRequests();
  private connection?: NatsConnection;

  /** All apis on a server are in one queue group, so each message reaches one of them. */
  constructor(
    private readonly address: string,
    group: string,
  ) {
    super({ queue: group });
  }

  override async listen(callback: (error?: unknown, ...more: unknown[]) => void): Promise<void> {
    void this.connect();
    callback();
  }

  override bindEvents(connection: NatsConnection): void {
    super.bindEvents({
      subscribe: (subject: string, options: SubscriptionOptions) => {
        const subscription = connection.subscribe(subject, options);
        this.openSubscriptions.push(subscription);
        return subscription;
      },
    });
  }

  override getPublisher(message: never, id: string, context: NatsContext): Respond {
    return this.unanswered.until(super.getPublisher(message, id, context) as Respond);
  }

  override async close(): Promise<void> {
    this.stopped.abort();
    await briefly(Promise.all(this.openSubscriptions.map((subscription) => subscription.drain())));
    await this.unanswered.answered();
    if (this.connection) await closeNats(this.connection);
  }

  private async connect(): Promise<void> {
    this.connection = await connectNats(this.address, this.stopped.signal);
    if (!this.connection) return;
    this.bindEvents(this.connection);
    void this.handleStatusUpdates(this.connection);
    await briefly(this.connection.flush());
    this._status$.next(connected);
  }
}

/** Connects, and retries until it succeeds; logs once that the server is away. Returns undefined if it is aborted before. */
export async function connectNats(address: string, signal: AbortSignal): Promise<NatsConnection | undefined> {
  let down = false;
  while (!signal.aborted) {
    try {
      const connection = await connect(natsOptions(address));
      if (signal.aborted) await connection.close();
      else {
        if (down) logger.log('NATS is back');
        return connection;
      }
    } catch (error) {
      if (!down) logger.error(`NATS is out of reach: ${(error as Error).message}`);
      down = true;
      await setTimeout(retryMs, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

/** Sends what is still in its buffer, and closes. */
export async function closeNats(connection: NatsConnection): Promise<void> {
  await briefly(connection.flush());
  await connection.close();
}

/**
 * A connection that broke comes back by itself, however long that takes. With `tls://` a server without TLS is refused; with
 * `nats://` TLS is used if the server offers it.
 */
function natsOptions(address: string): NodeConnectionOptions {
  const { protocol, host, hostname, username, password } = new URL(address);
  const [user, pass] = [username, password].map(decodeURIComponent);
  return {
    servers: host,
    // A name alone, nats://token@host, is a token.
    ...(pass ? { user, pass } : user && { token: user }),
    ...(protocol === 'tls:' && { tls: tlsOptions(hostname.replaceAll(/[[\]]/g, '')) }),
    name: 'goalpost',
    timeout: 2000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: retryMs,
    // A connection that drops everything is noticed after two of these without an answer.
    pingInterval: 10_000,
    ignoreAuthErrorAbort: true,
  };
}

/** The library takes all options of Node, and compares the certificate of a server that is named by an address with `localhost`. */
function tlsOptions(host: string): object {
  return { checkServerIdentity: (_: string, found: PeerCertificate) => checkServerIdentity(host, found) };
}
