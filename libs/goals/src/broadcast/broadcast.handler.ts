import { Broker } from '#messaging';
import { Durable, type DurableEventHandler } from '#platform';
import { EventsHandler } from '@nestjs/cqrs';
import { type BroadcastEvent, broadcastEvents, Envelopes } from './envelopes.js';

/** Publishes to other services what happens to goals. A broker that is slow or away delays this handler alone. */
@EventsHandler(...broadcastEvents)
@Durable({ name: 'broadcast', queue: 'broker' })
export class BroadcastHandler implements DurableEventHandler<BroadcastEvent> {
  constructor(
    private readonly broker: Broker,
    private readonly envelopes: Envelopes,
  ) {}

  isDisabled(): boolean {
    return this.broker.isSilent;
  }

  async handle(event: BroadcastEvent): Promise<void> {
    const events = await this.envelopes.of(event);
    await this.broker.send(
      events.map((data) => ({
        id: data.event_id,
        pattern: data.type,
        occurredAt: data.occurred_at,
        data,
      })),
    );
  }
}
