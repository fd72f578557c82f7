import { BullModule } from '@nestjs/bull';
import { Global, Module } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { DeadLetters } from '../dead-letters/dead-letters.js';
import { RedisKeys } from '../redis/redis.module.js';
import { backoffStrategy, jittered } from './backoff.js';
import { JobWorkers } from './job-workers.js';
import { PeriodicTasks } from './periodic-tasks.js';
import { QueueConnections } from './queue-connections.js';

const fortnight = 14 * 24 * 3600;

@Module({ providers: [QueueConnections], exports: [QueueConnections] })
class QueueConnectionsModule {}

/** What all queues share: connections, the key prefix, tries with backoff, and how long the dead are kept. */
@Global()
@Module({
  imports: [
    BullModule.forRootAsync({
      imports: [QueueConnectionsModule],
      inject: [AppConfig, RedisKeys, QueueConnections],
      useFactory: (config: AppConfig, keys: RedisKeys, connections: QueueConnections) => ({
        prefix: keys.queues,
        createClient: connections.create,
        defaultJobOptions: {
          attempts: config.jobs.attempts,
          backoff: { type: jittered },
          removeOnComplete: true,
          removeOnFail: { age: fortnight, count: 10_000 },
        },
        settings: {
          lockDuration: config.jobs.lockMs,
          stalledInterval: config.jobs.lockMs / 2,
          maxStalledCount: 100,
          backoffStrategies: { [jittered]: backoffStrategy(config.jobs.backoffMs) },
        },
      }),
    }),
  ],
  providers: [JobWorkers, PeriodicTasks, DeadLetters],
  exports: [JobWorkers, PeriodicTasks, DeadLetters],
})
export class QueuesModule {}
