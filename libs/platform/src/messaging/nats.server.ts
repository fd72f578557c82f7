import type { NatsConnection, Subscription, SubscriptionOptions } from '@nats-io/transport-node';
import { type NatsContext, type NatsStatus, ServerNats } from '@nestjs/microservices';
import { connectNats, leaveNats, unlessAway } from './nats-connection.js';

/** Of Nest's enum of states there is no value at run time. */
const connected = 'connected' as NatsStatus;

type Publisher = (response: { isDisposed?: boolean }) => unknown;

/**
 * Nest's NATS transport, but for two things. It does not wait for the server: the process answers HTTP meanwhile, and takes
 * messages from when the server is there. And it stops gracefully: it takes no more, answers what it has taken, and leaves.
 */
export class NatsServer extends ServerNats {
  private readonly stopped = new AbortController();
  private readonly taking: Subscription[] = [];
  private readonly unanswered = new Set<Promise<void>>();
  private connection?: NatsConnection;

  /** Of all apis on a server, which stand in one queue group, each message reaches one. */
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
        this.taking.push(subscription);
        return subscription;
      },
    });
  }

  override getPublisher(message: never, id: string, context: NatsContext): Publisher {
    const publish = super.getPublisher(message, id, context) as Publisher;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.unanswered.add(promise);
    return (response) => {
      const sent = publish(response);
      if (response.isDisposed) {
        this.unanswered.delete(promise);
        resolve();
      }
      return sent;
    };
  }

  override async close(): Promise<void> {
    this.stopped.abort();
    await unlessAway(Promise.all(this.taking.map((subscription) => subscription.drain())));
    await Promise.all(this.unanswered);
    if (this.connection) await leaveNats(this.connection);
  }

  private async connect(): Promise<void> {
    this.connection = await connectNats(this.address, this.stopped.signal);
    if (!this.connection) return;
    this.bindEvents(this.connection);
    void this.handleStatusUpdates(this.connection);
    await unlessAway(this.connection.flush());
    this._status$.next(connected);
  }
}
