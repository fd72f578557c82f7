import { analyticsQueues } from '#analytics';
import { goalDeliveryQueues, goalQueues } from '#goals';
import { livestreamQueues } from '#livestream';
import { deliveryQueueNames, JobWorkers } from '#platform';
import { BullModule, getQueueToken } from '@nestjs/bull';
import { Module } from '@nestjs/common';
import type { Queue } from 'bull';

const names = [
  ...goalQueues,
  ...deliveryQueueNames(goalDeliveryQueues),
  ...livestreamQueues,
  ...analyticsQueues,
];

/** Every queue of goalpost that a process knows, for who looks at them all. */
export class AllQueues {
  constructor(private readonly known: () => Queue[]) {}

  get queues(): Queue[] {
    return this.known();
  }
}

/** All queues, for the api. */
@Module({
  imports: [BullModule.registerQueue(...names.map((name) => ({ name })))],
  providers: [
    {
      provide: AllQueues,
      inject: names.map((name) => getQueueToken(name)),
      useFactory: (...queues: Queue[]) => new AllQueues(() => queues),
    },
  ],
  exports: [AllQueues],
})
export class AllQueuesModule {}

/** Those that a worker works off, which it has anyway. */
@Module({
  providers: [
    {
      provide: AllQueues,
      inject: [JobWorkers],
      useFactory: (workers: JobWorkers) => new AllQueues(() => workers.queues),
    },
  ],
  exports: [AllQueues],
})
export class WorkedQueuesModule {}
