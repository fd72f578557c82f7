import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Redis, RedisOptions } from 'ioredis';
import { AppConfig } from '../config/config.js';
import { connectRedis, failFast } from '../redis/redis-connection.js';

/** The connections of all queues of a process: one for commands, one for subscriptions, one each that blocks. */
@Injectable()
export class QueueConnections implements OnApplicationShutdown {
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
    const redis = connectRedis(this.config.redis.url, {
      maxRetriesPerRequest: null,
      enableReadyCheck: false,
      ...options,
    });
    redis.setMaxListeners(100);
    this.opened.push(redis);
    return redis;
  }
}
