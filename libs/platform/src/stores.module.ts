import { Global, Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { MongoModule, MongoProbe } from './mongo/mongo.module.js';
import { RedisModule, RedisProbe } from './redis/redis.module.js';

/** Has a boot wait for both stores at once, before any other part starts. */
@Injectable()
class StoresAtBoot implements OnModuleInit {
  constructor(
    private readonly mongo: MongoProbe,
    private readonly redis: RedisProbe,
  ) {}

  async onModuleInit(): Promise<void> {
    const ended = new AbortController();
    try {
      await Promise.all([this.mongo, this.redis].map((probe) => probe.waitForIt(ended.signal)));
    } finally {
      ended.abort();
    }
  }
}

/** MongoDB and Redis. As a global module that comes before its imports, Nest initializes it first. */
@Global()
@Module({ imports: [RedisModule, MongoModule], providers: [StoresAtBoot] })
export class StoresModule {}
