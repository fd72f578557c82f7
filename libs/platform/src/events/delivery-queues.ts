import { getQueueToken } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Job, Queue } from 'bull';
import { AppConfig } from '../config/config.js';
import { backoff } from '../queues/backoff.js';
import { carried } from '../tracing/story.js';
import type { FailedDelivery } from './delivery.js';
import type { DurableEvent, StoredEvent } from './durable-event.js';
import type { Lane } from './receiver.js';

/** A job that brings an event to some receivers; one that is tried again brings it to one alone. */
export interface DeliveryJob {
  event: StoredEvent;
  receivers: string[];
}

export const deliver = 'deliver';

/** The queue of each lane; what was awaited and failed is tried again from a queue as well. */
export const laneQueues: Record<Lane, string> = {
  awaited: 'deliveries',
  push: 'deliveries.push',
  media: 'deliveries.media',
  broker: 'deliveries.broker',
};

/** Puts deliveries into the queue of their lane. */
@Injectable()
export class DeliveryQueues {
  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly config: AppConfig,
  ) {}

  /** The queue of a lane. */
  of(lane: Lane): Queue<DeliveryJob> {
    return this.moduleRef.get<Queue<DeliveryJob>>(getQueueToken(laneQueues[lane]), { strict: false });
  }

  /** Delivery to receivers of a lane, after a while or at once; a second add of the same event changes nothing. */
  add(event: DurableEvent, lane: Lane, receivers: string[], delay = 0): Promise<Job<DeliveryJob>> {
    return this.of(lane).add(
      deliver,
      { event: event.toStored(), receivers },
      { jobId: event.id, delay, ...carried() },
    );
  }

  /** Tries each failed receiver again on its own, after the first wait; the try that failed counts. */
  async retryEachAlone(event: DurableEvent, failed: FailedDelivery[]): Promise<void> {
    await Promise.all(failed.map((failure) => this.retryAlone(event, failure)));
  }

  private async retryAlone(event: DurableEvent, { receiver }: FailedDelivery): Promise<void> {
    const { attempts, backoffMs } = this.config.jobs;
    await this.of(receiver.lane).add(
      deliver,
      { event: event.toStored(), receivers: [receiver.name] },
      {
        jobId: `${event.id}.${receiver.name}`,
        ...carried(),
        attempts: Math.max(1, attempts - 1),
        delay: backoff(1, backoffMs),
      },
    );
  }
}
