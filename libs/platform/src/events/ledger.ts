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
  async markDone(eventId: string, receiver: string): Promise<void> {
    await this.redis.hset(this.keys.of('ledger', eventId), receiver, new Date().toISOString());
  }

  /** Lets what is noted of an event be forgotten after its time, counted from now. */
  async keep({ id, rememberedSeconds }: DurableEvent): Promise<void> {
    await this.redis.expire(this.keys.of('ledger', id), rememberedSeconds);
  }
}
