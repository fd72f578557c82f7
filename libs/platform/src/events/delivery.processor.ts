import { getQueueToken, Processor } from '@nestjs/bull';
import { Injectable, Logger, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Job, Queue } from 'bull';
import { AppConfig } from '../config/config.js';
import {
  backoff,
  failureId,
  isLastTry,
  reportFinalFailure,
  UnknownJobError,
  wasReplayed,
} from '../queues/job-state.js';
import { JobKind } from '../queues/job-kind.js';
import { ProcessJob } from '../queues/job-workers.js';
import { Delivery, type FailedDelivery, fieldsOf, HandlerRunner, Ledger } from './delivery.js';
import type { DurableEvent, StoredEvent } from './durable-event.js';
import { HandlerRegistry } from './handler-registry.js';

/** A job that delivers an event to some handlers; a retry delivers it to one alone. */
export interface DeliveryJob {
  event: StoredEvent;
  handlers: string[];
}

/** Name of the jobs in all delivery queues. */
export const deliver = 'deliver';

const deliveries = new JobKind<DeliveryJob>({
  name: deliver,
  version: 1,
  isReadable: ({ event, handlers }) =>
    typeof event.type === 'string' &&
    typeof event.data === 'object' &&
    handlers.every((handler) => typeof handler === 'string'),
});

/** The Bull queue of a delivery queue; handlers that are awaited and failed are retried from a queue as well. */
const deliveryQueueName = (queue?: string) => (queue === undefined ? 'deliveries' : `deliveries.${queue}`);

/** The Bull queues of all these delivery queues. */
export const deliveryQueueNames = (queues: readonly string[]) =>
  [undefined, ...queues].map(deliveryQueueName);

/** Adds deliveries to their queue. */
@Injectable()
export class DeliveryQueues {
  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly config: AppConfig,
  ) {}

  /** The Bull queue of a delivery queue. */
  of(queue?: string): Queue<DeliveryJob> {
    return this.moduleRef.get<Queue<DeliveryJob>>(getQueueToken(deliveryQueueName(queue)), { strict: false });
  }

  /** Delivers to handlers of a queue, after a delay or at once; a second job for the same event changes nothing. */
  add(event: DurableEvent, queue: string, handlers: string[], delay = 0): Promise<Job<DeliveryJob>> {
    return deliveries.add(this.of(queue), { event: event.toStored(), handlers }, { jobId: event.id, delay });
  }

  /** Retries each failed handler on its own, after the first backoff; the try that failed counts. */
  async retryEachAlone(event: DurableEvent, failed: FailedDelivery[]): Promise<void> {
    await Promise.all(failed.map((failure) => this.retryAlone(event, failure)));
  }

  private async retryAlone(event: DurableEvent, { handler }: FailedDelivery): Promise<void> {
    const { attempts, backoffMs } = this.config.jobs;
    await deliveries.add(
      this.of(handler.queue),
      { event: event.toStored(), handlers: [handler.name] },
      {
        jobId: `${event.id}.${handler.name}`,
        attempts: Math.max(1, attempts - 1),
        delay: backoff(1, backoffMs),
      },
    );
  }
}

/** Processes a delivery queue: failures of a group are retried alone, Bull retries a job of one handler. */
@Injectable()
class DeliveryProcessor {
  private readonly logger = new Logger(DeliveryProcessor.name);

  constructor(
    private readonly queues: DeliveryQueues,
    private readonly registry: HandlerRegistry,
    private readonly ledger: Ledger,
    private readonly runner: HandlerRunner,
  ) {}

  @ProcessJob(deliveries)
  async process(job: Job<DeliveryJob>): Promise<void> {
    const event = this.registry.revive(job.data.event);
    const known = job.data.handlers.filter((name) => this.registry.knows(name));
    const unknown = job.data.handlers.filter((name) => !this.registry.knows(name));
    const handlers = known.map((name) => this.registry.named(name));
    const delivery = await Delivery.begin(event, this.ledger, this.runner);
    const failed = await delivery.to(handlers);
    if (job.data.handlers.length > 1) await this.queues.retryEachAlone(event, failed);
    else if (failed[0]) await this.fail(job, event, failed[0]);
    else if (handlers[0] && wasReplayed(job))
      await handlers[0].instance.onReplayed?.(event, handlers[0].name);
    if (unknown.length === 0) return;
    // The others are done or have a job of their own by now.
    if (known.length > 0) await job.update({ ...job.data, handlers: unknown });
    throw new UnknownJobError(`no handler is called ${unknown.join(', ')}`);
  }

  private async fail(
    job: Job<DeliveryJob>,
    event: DurableEvent,
    { handler, error }: FailedDelivery,
  ): Promise<never> {
    if (isLastTry(job, error)) {
      const { instance, name } = handler;
      const msg = `${name} gave up on ${event.type} of ${event.subject}: ${error.message}`;
      this.logger.error({ msg, handler: name, ...fieldsOf(event) });
      await reportFinalFailure(job, error, () => instance.onDeadLetter?.(event, error, name, failureId(job)));
    }
    throw error;
  }
}

/** The processor of each of these delivery queues. */
export const deliveryProcessorsOf = (queues: readonly string[]): Type[] =>
  deliveryQueueNames(queues).map((name) => {
    class QueueProcessor extends DeliveryProcessor {}
    Processor(name)(QueueProcessor);
    return QueueProcessor;
  });
