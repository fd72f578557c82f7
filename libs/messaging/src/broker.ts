import { RequestContext, type TraceContext } from '#platform';
import type { Redis } from 'ioredis';

/** An event for other services, under the pattern by which their handlers subscribe to it. */
export interface OutgoingEvent {
  /** The same event has the same id, however often it is sent. */
  id: string;
  pattern: string;
  /** ISO 8601 UTC. */
  occurredAt: string;
  data: object;
}

/** Publishes events to other services, with the request and the trace that they come from. */
export abstract class Broker {
  /** Nothing is published, so there is nothing to deliver. */
  readonly isSilent: boolean = false;

  /** Resolves once the broker has taken all of them, in their order; after a failure any of them may have been taken. */
  abstract send(events: OutgoingEvent[]): Promise<void>;

  /** Connects before the first event. */
  open(): void {}

  /** Closes its connection. */
  close(): Promise<void> {
    return Promise.resolve();
  }
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

  async send(events: OutgoingEvent[]): Promise<void> {
    // Redis has no headers, and Nest ignores what stands beside `data`.
    const origin = originNow();
    const packets = events.map(
      ({ pattern, data }) => [pattern, JSON.stringify({ pattern, data, ...origin })] as const,
    );
    // Commands of one turn go out together: the connection pipelines them.
    await Promise.all(packets.map(([pattern, packet]) => this.redis.publish(pattern, packet)));
  }
}

/** Publishes nothing: messages are off, or come by TCP, which has no subscribers. */
export class SilentBroker extends Broker {
  override readonly isSilent = true;

  send(): Promise<void> {
    return Promise.resolve();
  }
}

/** The request and the trace that this code runs in. */
export function originNow(): TraceContext {
  return RequestContext.current?.traceContext ?? {};
}
