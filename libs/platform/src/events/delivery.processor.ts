import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { Job } from 'bull';
import { deathOf, isLastTry, tellDeath, wasDead } from '../queues/job-state.js';
import { JobWorkers } from '../queues/job-workers.js';
import { Deliverer } from './deliverer.js';
import type { FailedDelivery } from './delivery.js';
import { deliver, type DeliveryJob, DeliveryQueues, laneQueues } from './delivery-queues.js';
import type { DurableEvent } from './durable-event.js';
import type { Lane } from './receiver.js';
import { ReceiverRegistry } from './receiver-registry.js';
import { fieldsOf } from './receiver-watch.js';

/** Works off the delivery queues: a group's failures go on alone, a lone failure is Bull's to try again. */
@Injectable()
export class DeliveryProcessor implements OnModuleInit {
  private readonly logger = new Logger(DeliveryProcessor.name);

  constructor(
    private readonly workers: JobWorkers,
    private readonly queues: DeliveryQueues,
    private readonly registry: ReceiverRegistry,
    private readonly deliverer: Deliverer,
  ) {}

  onModuleInit(): void {
    for (const lane of Object.keys(laneQueues) as Lane[])
      this.workers.register({ queue: this.queues.of(lane), name: deliver, run: (job) => this.run(job) });
  }

  private async run(job: Job<DeliveryJob>): Promise<void> {
    const event = this.registry.revive(job.data.event);
    const receivers = job.data.receivers.map((name) => this.registry.named(name));
    const delivery = await this.deliverer.begin(event);
    const failed = await delivery.to(receivers);
    if (receivers.length > 1) return this.queues.retryEachAlone(event, failed);
    if (failed[0]) await this.fail(job, event, failed[0]);
    else if (receivers[0] && wasDead(job)) await receivers[0].instance.onRevived?.(event, receivers[0].name);
  }

  private async fail(
    job: Job<DeliveryJob>,
    event: DurableEvent,
    { receiver, error }: FailedDelivery,
  ): Promise<never> {
    if (isLastTry(job, error)) {
      const msg = `${receiver.name} gave up on ${event.type} of ${event.subject}: ${error.message}`;
      this.logger.error({ msg, receiver: receiver.name, ...fieldsOf(event) });
      const { instance, name } = receiver;
      await tellDeath(job, error, () => instance.onDead?.(event, error, name, deathOf(job)));
    }
    throw error;
  }
}
