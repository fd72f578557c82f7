import { Injectable } from '@nestjs/common';
import type { IEventPublisher } from '@nestjs/cqrs';
import type { Job } from 'bull';
import { promptMs } from '../patience/promptness.js';
import { within } from '../patience/within.js';
import { JobWorkers } from '../queues/job-workers.js';
import { Deliverer } from './deliverer.js';
import type { Delivery, FailedDelivery } from './delivery.js';
import { type DeliveryJob, DeliveryQueues } from './delivery-queues.js';
import type { DurableEvent } from './durable-event.js';
import type { Lane } from './receiver.js';
import { type RegisteredReceiver, ReceiverRegistry } from './receiver-registry.js';

/** When the job of a delivery that is late begins, should its process not live to see how it ends: longer than any call takes. */
const takeOverAfterMs = 15_000;

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
    private readonly workers: JobWorkers,
  ) {}

  async publish(event: DurableEvent): Promise<void> {
    const receivers = this.registry.receiversOf(event).filter(({ instance }) => !instance.isIdle?.());
    const delivery = await this.deliverer.begin(event);
    const lanes = Map.groupBy(delivery.due(receivers), ({ lane }) => lane);
    const awaited = lanes.get('awaited') ?? [];
    lanes.delete('awaited');
    await Promise.all([
      this.deliverNow(delivery, awaited),
      ...[...lanes].map(([lane, due]) => this.handOn(delivery, lane, due)),
    ]);
  }

  /** Queues what a lane is to get, unless all of its receivers are prompt and take it at once. */
  private async handOn(delivery: Delivery, lane: Lane, due: RegisteredReceiver[]): Promise<void> {
    const names = due.map(({ name }) => name);
    if (!due.every(({ instance }) => instance.isPrompt?.()))
      return void (await this.queues.add(delivery.event, lane, names));
    const failures = delivery.to(due);
    const failed = await within(promptMs, failures, 'not taken').catch(() => undefined);
    if (failed) return this.queues.retryEachAlone(delivery.event, failed);
    this.followUp(failures, await this.queues.add(delivery.event, lane, names, takeOverAfterMs));
  }

  /** Takes the job of a late delivery back once all have taken it, and lets it run at once where one failed. */
  private followUp(failures: Promise<FailedDelivery[]>, job: Job<DeliveryJob>): void {
    const followed = failures.then((failed) => (failed.length === 0 ? job.remove() : job.promote()));
    // Where that fails the job runs in its time, and the ledger tells it who is done.
    this.workers.waitFor(followed.catch(() => undefined));
  }

  private async deliverNow(delivery: Delivery, due: RegisteredReceiver[]): Promise<void> {
    await this.queues.retryEachAlone(delivery.event, await delivery.to(due));
  }
}
