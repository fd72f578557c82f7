import { Injectable } from '@nestjs/common';
import type { IEventPublisher } from '@nestjs/cqrs';
import { within } from '../patience/within.js';
import { Deliverer } from './deliverer.js';
import { DeliveryQueues } from './delivery-queues.js';
import type { DurableEvent } from './durable-event.js';
import type { Lane } from './receiver.js';
import { type RegisteredReceiver, ReceiverRegistry } from './receiver-registry.js';

/** How long somebody who calls himself prompt is waited for. */
const patienceMs = 100;

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
    const due = this.registry.receiversOf(event).filter(({ instance }) => !instance.isIdle?.());
    const lanes = Map.groupBy(due, ({ lane }) => lane);
    const awaited = lanes.get('awaited') ?? [];
    lanes.delete('awaited');
    await Promise.all([
      ...[...lanes].map(([lane, receivers]) => this.handOn(event, lane, receivers)),
      this.deliverNow(event, awaited),
    ]);
  }

  /** Queues what a lane is to get, unless all of its receivers are prompt and done with it at once. */
  private async handOn(event: DurableEvent, lane: Lane, receivers: RegisteredReceiver[]): Promise<void> {
    if (receivers.every(({ instance }) => instance.isPrompt?.()) && (await this.isDone(event, receivers)))
      return;
    await this.queues.add(
      event,
      lane,
      receivers.map(({ name }) => name),
    );
  }

  /** What is not done in time may be done later; then the ledger says so to the job. */
  private isDone(event: DurableEvent, receivers: RegisteredReceiver[]): Promise<boolean> {
    return within(patienceMs, this.deliverer.deliver(event, receivers), 'not taken').then(
      (failed) => failed.length === 0,
      () => false,
    );
  }

  private async deliverNow(event: DurableEvent, receivers: RegisteredReceiver[]): Promise<void> {
    if (receivers.length === 0) return;
    const failed = await this.deliverer.deliver(event, receivers);
    await this.queues.retryEachAlone(event, failed);
  }
}
