import { analyticsQueues } from '#analytics';
import { goalDeliveryQueues, goalQueues } from '#goals';
import { livestreamQueues } from '#livestream';
import { deliveryQueueNames, JobWorkers } from '#platform';
import { getQueueToken } from '@nestjs/bull';
import type { Provider } from '@nestjs/common';
import type { Queue } from 'bull';

/** The name of every queue of goalpost. */
export const queueNames = [
  ...goalQueues,
  ...deliveryQueueNames(goalDeliveryQueues),
  ...livestreamQueues,
  ...analyticsQueues,
];

/** Every queue that a process knows. */
export class AllQueues {
  constructor(private readonly known: () => Queue[]) {}

  get queues(): Queue[] {
    return this.known();
  }
}

/** The queues of an api, which registers them by their names. */
export const registeredQueues: Provider = {
  provide: AllQueues,
  inject: queueNames.map((name) => getQueueToken(name)),
  useFactory: (...queues: Queue[]) => new AllQueues(() => queues),
};

/** The queues of a worker: those that it processes. */
export const processedQueues: Provider = {
  provide: AllQueues,
  inject: [JobWorkers],
  useFactory: (workers: JobWorkers) => new AllQueues(() => workers.queues),
};
