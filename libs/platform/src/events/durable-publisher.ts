import { Injectable } from '@nestjs/common';
import type { IEventPublisher } from '@nestjs/cqrs';
import type { Job } from 'bull';
import { JobWorkers } from '../queues/job-workers.js';
import { Delivery, type FailedDelivery, HandlerRunner, Ledger, onceLate } from './delivery.js';
import { type DeliveryJob, DeliveryQueues } from './delivery.processor.js';
import type { DurableEvent } from './durable-event.js';
import { HandlerRegistry, type RegisteredHandler } from './handler-registry.js';

/** When the job of a late delivery begins, in case its process does not live to see how it ends: longer than any call takes. */
const takeOverAfterMs = 15_000;

/**
 * The publisher behind the EventBus: once `publish` resolves, each handler has handled the event or a job for it is queued.
 * (The stock publisher of @nestjs/cqrs neither waits for handlers nor reports their failures.)
 */
@Injectable()
export class DurablePublisher implements IEventPublisher<DurableEvent> {
  constructor(
    private readonly registry: HandlerRegistry,
    private readonly queues: DeliveryQueues,
    private readonly ledger: Ledger,
    private readonly runner: HandlerRunner,
    private readonly workers: JobWorkers,
  ) {}

  async publish(event: DurableEvent): Promise<void> {
    const handlers = this.registry
      .handlersOf(event)
      .filter(({ instance }) => !instance.isDisabled?.() && instance.isConcerned?.(event) !== false);
    const delivery = await Delivery.begin(event, this.ledger, this.runner);
    const byQueue = Map.groupBy(delivery.due(handlers), ({ queue }) => queue);
    await Promise.all(
      [...byQueue].map(([queue, due]) =>
        queue === undefined ? this.deliverNow(delivery, due) : this.handOn(delivery, queue, due),
      ),
    );
  }

  private async deliverNow(delivery: Delivery, due: RegisteredHandler[]): Promise<void> {
    await this.queues.retryEachAlone(delivery.event, await delivery.to(due));
  }

  /** Queues a delivery, unless the queue's fast path is open and its handlers succeed at once. */
  private async handOn(delivery: Delivery, queue: string, due: RegisteredHandler[]): Promise<void> {
    const { event } = delivery;
    const names = due.map(({ name }) => name);
    const prepare = () => Promise.all(due.map(async ({ instance }) => instance.beforeQueued?.(event)));
    if (!this.runner.fastPathOf(queue).isOpen) {
      await prepare();
      return void (await this.queues.add(event, queue, names));
    }
    const failures = delivery.to(due);
    const failed = await inTime(failures);
    if (failed?.length === 0) return;
    await prepare();
    if (failed) return this.queues.retryEachAlone(event, failed);
    this.followUp(failures, await this.queues.add(event, queue, names, takeOverAfterMs));
  }

  /** Removes the job of a late delivery once all handlers have succeeded, and promotes it if one failed. */
  private followUp(failures: Promise<FailedDelivery[]>, job: Job<DeliveryJob>): void {
    const followed = failures.then((failed) => (failed.length === 0 ? job.remove() : job.promote()));
    // If that fails the job runs in its time, and the ledger tells it which handlers are done.
    this.workers.waitFor(followed.catch(() => undefined));
  }
}

/** The result of a delivery; undefined as soon as it is late. */
function inTime(failures: Promise<FailedDelivery[]>): Promise<FailedDelivery[] | undefined> {
  return new Promise((resolve) => {
    const callOff = onceLate(() => resolve(undefined));
    void failures.then(resolve).finally(callOff);
  });
}
