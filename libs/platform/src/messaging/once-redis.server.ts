import { ServerRedis } from '@nestjs/microservices';
import type { Redis } from 'ioredis';
import { openRedis } from '../redis/open-redis.js';

const claimMs = 60_000;

/**
 * Nest's Redis transport, but for one thing: it publishes requests to every api that listens, and each of them would do the
 * work. Here the one that claims a request's id does it, and the others leave it alone.
 */
export class OnceRedisServer extends ServerRedis {
  private readonly claims: Redis;

  constructor(
    private readonly url: string,
    private readonly prefix: string,
  ) {
    super({});
    this.claims = openRedis(url, { lazyConnect: true, maxRetriesPerRequest: null });
    this.claims.on('error', () => undefined);
  }

  override async handleMessage(
    channel: string,
    buffer: string,
    pub: unknown,
    pattern: string,
  ): Promise<unknown> {
    const { id } = this.parseMessage(buffer) as { id?: unknown };
    if (typeof id === 'string') {
      const claimed = await this.claims.set(`${this.prefix}:message:${id}`, '1', 'PX', claimMs, 'NX');
      if (claimed === null) return undefined;
    }
    return super.handleMessage(channel, buffer, pub, pattern);
  }

  override async close(): Promise<void> {
    this.claims.disconnect();
    await super.close();
  }

  override createRedisClient(): never {
    return Promise.resolve(openRedis(this.url, { lazyConnect: true, maxRetriesPerRequest: null })) as never;
  }
}
