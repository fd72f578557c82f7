import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { Job } from 'bull';
import { UnknownJobError } from '../queues/backoff.js';
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
      this.workers.register({
        queue: this.queues.of(lane),
        name: deliver,
        isReadable: ({ event, receivers }) =>
          typeof event.type === 'string' &&
          typeof event.data === 'object' &&
          receivers.every((name) => typeof name === 'string'),
        run: (job) => this.run(job),
      });
  }

  private async run(job: Job<DeliveryJob>): Promise<void> {
    const event = this.registry.revive(job.data.event);
    const known = job.data.receivers.filter((name) => this.registry.knows(name));
    const unknown = job.data.receivers.filter((name) => !this.registry.knows(name));
    const receivers = known.map((name) => this.registry.named(name));
    const delivery = await this.deliverer.begin(event);
    const failed = await delivery.to(receivers);
    if (job.data.receivers.length > 1) await this.queues.retryEachAlone(event, failed);
    else if (failed[0]) await this.fail(job, event, failed[0]);
    else if (receivers[0] && wasDead(job)) await receivers[0].instance.onRevived?.(event, receivers[0].name);
    if (unknown.length === 0) return;
    // The others are done or have a job of their own by now.
    if (known.length > 0) await job.update({ ...job.data, receivers: unknown });
    throw new UnknownJobError(`no receiver is called ${unknown.join(', ')}`);
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
