import { EventLog } from '#event-log';
import { Durable, type DurableEventHandler } from '#platform';
import { WebhookDispatcher } from '#webhooks';
import { EventsHandler } from '@nestjs/cqrs';
import { type BroadcastEvent, broadcastEvents, Envelopes } from './envelopes.js';

/**
 * Keeps what happens to goals for those who are not listening at this moment: in the event log, from which streams and
 * readers have it, and as deliveries of webhooks. It is over once MongoDB has both; no receiver is waited for.
 */
@EventsHandler(...broadcastEvents)
@Durable({ name: 'event-log' })
export class EventLogHandler implements DurableEventHandler<BroadcastEvent> {
  constructor(
    private readonly log: EventLog,
    private readonly webhooks: WebhookDispatcher,
    private readonly envelopes: Envelopes,
  ) {}

  async handle(event: BroadcastEvent): Promise<void> {
    const events = await this.envelopes.of(event);
    await Promise.all([this.log.append(events), this.webhooks.dispatch(events)]);
  }
}
