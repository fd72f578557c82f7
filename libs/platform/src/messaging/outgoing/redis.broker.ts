import type { Redis } from 'ioredis';
import { Broker, nestPacket, type OutgoingEvent } from './broker.js';

/** Publishes by Redis pub/sub, which passes an event to whoever listens at that moment and keeps nothing. */
export class RedisBroker extends Broker {
  constructor(
    private readonly redis: Redis,
    private readonly isOwn: boolean,
  ) {
    super();
  }

  override async close(): Promise<void> {
    if (this.isOwn) this.redis.disconnect();
  }

  protected async publish(events: OutgoingEvent[]): Promise<void> {
    // Commands of one turn go out together: the connection pipelines them.
    await Promise.all(events.map((event) => this.redis.publish(event.pattern, nestPacket(event))));
  }
}
