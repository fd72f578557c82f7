import { BullModule } from '@nestjs/bull';
import { Global, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { Redis, RedisOptions } from 'ioredis';
import { AppConfig } from '../config/config.js';
import { connectRedis, failFast } from '../redis/redis-connection.js';
import { RedisKeys } from '../redis/redis.module.js';
import { DeadLetters } from './dead-letters.js';
import { DueLists } from './due-lists.js';
import { backoffStrategy, jittered, failedJobsKeptSeconds } from './job-state.js';
import { JobWorkers } from './job-workers.js';
import { PeriodicTasks } from './periodic-tasks.js';

/** The connections of all queues of a process: one for commands, one for subscriptions, one each that blocks. */
@Injectable()
class QueueConnections implements OnApplicationShutdown {
  private readonly opened: Redis[] = [];
  private readonly shared = new Map<string, Redis>();

  constructor(private readonly config: AppConfig) {}

  /** Bull's `createClient`. */
  readonly create = (type: 'client' | 'subscriber' | 'bclient'): Redis => {
    if (type === 'bclient') return this.open();
    const known = this.shared.get(type);
    if (known) return known;
    const fresh = this.open(type === 'client' ? failFast : {});
    this.shared.set(type, fresh);
    return fresh;
  };

  onApplicationShutdown(): void {
    for (const redis of this.opened) redis.disconnect();
  }

  private open(options: RedisOptions = {}): Redis {
    const redis = connectRedis(
      this.config.redis.url,
      {
        maxRetriesPerRequest: null,
        enableReadyCheck: false,
        ...options,
      },
      { isProbed: true },
    );
    redis.setMaxListeners(100);
    this.opened.push(redis);
    return redis;
  }
}

@Module({ providers: [QueueConnections], exports: [QueueConnections] })
class QueueConnectionsModule {}

/** What all queues share: connections, the key prefix, retries with backoff, and how long dead letters are kept. */
@Global()
@Module({
  imports: [
    DiscoveryModule,
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
          removeOnFail: { age: failedJobsKeptSeconds, count: 10_000 },
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
  providers: [JobWorkers, PeriodicTasks, DeadLetters, DueLists],
  exports: [JobWorkers, PeriodicTasks, DeadLetters, DueLists],
})
export class QueuesModule {}
