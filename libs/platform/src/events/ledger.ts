import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { InjectRedis } from '../redis/redis.module.js';
import { RedisKeys } from '../redis/redis-keys.js';
import type { DurableEvent } from './durable-event.js';

/** Remembers for a while which receivers are done with an event, so that a second delivery runs only the others. */
@Injectable()
export class Ledger {
  constructor(
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: RedisKeys,
  ) {}

  /** Names of the receivers that are done with the event. */
  async doneWith(eventId: string): Promise<Set<string>> {
    return new Set(await this.redis.hkeys(this.keys.of('ledger', eventId)));
  }

  /** Forgets that these receivers are done, so that the next delivery runs them. */
  async forget(eventId: string, receivers: string[]): Promise<void> {
    await this.redis.hdel(this.keys.of('ledger', eventId), ...receivers);
  }

  /** Notes that a receiver is done. */
  async markDone({ id, rememberedSeconds }: DurableEvent, receiver: string): Promise<void> {
    const key = this.keys.of('ledger', id);
    await Promise.all([
      this.redis.hset(key, receiver, new Date().toISOString()),
      this.redis.expire(key, rememberedSeconds),
    ]);
  }
}
