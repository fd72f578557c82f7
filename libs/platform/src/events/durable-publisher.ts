import { Injectable } from '@nestjs/common';
import type { IEventPublisher } from '@nestjs/cqrs';
import { Deliverer } from './deliverer.js';
import { DeliveryQueues } from './delivery-queues.js';
import type { DurableEvent } from './durable-event.js';
import type { Lane } from './receiver.js';
import { ReceiverRegistry } from './receiver-registry.js';

/**
 * The publisher behind the EventBus: awaiting `publish` means that each receiver has taken the event or stands in a
 * queue for it. (The stock publisher of @nestjs/cqrs neither waits for handlers nor tells of their failures.)
 */
@Injectable()
export class DurablePublisher implements IEventPublisher<DurableEvent> {
  constructor(
    private readonly registry: ReceiverRegistry,
    private readonly queues: DeliveryQueues,
    private readonly deliverer: Deliverer,
  ) {}

  async publish(event: DurableEvent): Promise<void> {
    const lanes = Map.groupBy(this.registry.receiversOf(event), ({ lane }) => lane);
    const awaited = lanes.get('awaited') ?? [];
    lanes.delete('awaited');
    await Promise.all([
      ...[...lanes].map(([lane, receivers]: [Lane, { name: string }[]]) =>
        this.queues.add(
          event,
          lane,
          receivers.map(({ name }) => name),
        ),
      ),
      this.deliverNow(event, awaited),
    ]);
  }

  private async deliverNow(
    event: DurableEvent,
    receivers: Parameters<Deliverer['deliver']>[1],
  ): Promise<void> {
    if (receivers.length === 0) return;
    const failed = await this.deliverer.deliver(event, receivers);
    await Promise.all(failed.map((failure) => this.queues.retryAlone(event, failure)));
  }
}
