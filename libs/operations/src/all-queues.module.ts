import { analyticsQueues } from '#analytics';
import { goalQueues } from '#goals';
import { livestreamQueues } from '#livestream';
import { laneQueues } from '#platform';
import { BullModule, getQueueToken } from '@nestjs/bull';
import { Module } from '@nestjs/common';
import type { Queue } from 'bull';

const names = [...goalQueues, ...Object.values(laneQueues), ...livestreamQueues, ...analyticsQueues];

/** Every queue of goalpost, for who looks at them all. */
export class AllQueues {
  constructor(readonly queues: Queue[]) {}
}

@Module({
  imports: [BullModule.registerQueue(...names.map((name) => ({ name })))],
  providers: [
    {
      provide: AllQueues,
      inject: names.map((name) => getQueueToken(name)),
      useFactory: (...queues: Queue[]) => new AllQueues(queues),
    },
  ],
  exports: [AllQueues],
})
export class AllQueuesModule {}
