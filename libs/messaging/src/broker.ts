import { Promptness } from '#platform';
import type { Redis } from 'ioredis';

/** An event for other services, under the pattern by which their handlers subscribe to it. */
export interface OutgoingEvent {
  /** The same event has the same id, however often it is sent. */
  id: string;
  pattern: string;
  data: object;
}

/** Publishes events to other services, and knows how quick the message broker is by the last call. */
export abstract class Broker {
  /** Nothing is published, so there is nothing to deliver. */
  readonly isSilent: boolean = false;
  private readonly promptness = new Promptness();

  /** Whether it takes an event within a moment. */
  get isPrompt(): boolean {
    return this.promptness.holds;
  }

  /** Resolves once the broker has taken all of them, in their order; after a failure any of them may have been taken. */
  send(events: OutgoingEvent[]): Promise<void> {
    return this.promptness.watch(() => this.publish(events));
  }

  /** Connects before the first event. */
  open(): void {}

  /** Closes its connection. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  protected abstract publish(events: OutgoingEvent[]): Promise<void>;
}

/** Publishes by Redis pub/sub, which passes an event to whoever listens at that moment and stores nothing. */
export class RedisBroker extends Broker {
  constructor(
    private readonly redis: Redis,
    private readonly ownsConnection: boolean,
  ) {
    super();
  }

  override async close(): Promise<void> {
    if (this.ownsConnection) this.redis.disconnect();
  }

  protected async publish(events: OutgoingEvent[]): Promise<void> {
    // Commands of one turn go out together: the connection pipelines them.
    await Promise.all(events.map((event) => this.redis.publish(event.pattern, nestPacket(event))));
  }
}

/** Publishes nothing: messages are off, or come by TCP, which has no subscribers. */
export class SilentBroker extends Broker {
  override readonly isSilent = true;

  protected publish(): Promise<void> {
    return Promise.resolve();
  }
}

/** The form in which a Nest application takes an event from any transport. */
export function nestPacket({ pattern, data }: OutgoingEvent): string {
  return JSON.stringify({ pattern, data });
}
