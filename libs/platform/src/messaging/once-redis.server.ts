import { type RedisContext, ServerRedis } from '@nestjs/microservices';
import type { Redis } from 'ioredis';
import { malformedRequest } from '../problem/http-problems.js';
import { toProblem } from '../problem/problem.filter.js';
import { openRedis } from '../redis/open-redis.js';

const claimMs = 60_000;
const longestId = 255;

/**
 * Nest's Redis transport, but for one thing: it publishes requests to every api that listens, and each of them would do the
 * work. Here the one that claims a request's id does it, and the others leave it alone. A request that cannot be claimed is
 * answered by the problem that HTTP would send.
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
    const { id } = (this.parseMessage(buffer) ?? {}) as { id?: unknown };
    try {
      if (id !== undefined && !(await this.claim(id))) return undefined;
    } catch (error) {
      const answer = this.getPublisher(pub, pattern, id as string, undefined as unknown as RedisContext);
      return answer({ err: toProblem(error).toBody(pattern), isDisposed: true });
    }
    return super.handleMessage(channel, buffer, pub, pattern);
  }

  /** Whether this api is the one that does the work. Throws what the request is to be answered by if nobody can tell. */
  private async claim(id: unknown): Promise<boolean> {
    const isId = typeof id === 'number' || (typeof id === 'string' && id.length <= longestId);
    if (!isId) throw malformedRequest(`The id of a message is a text of at most ${longestId} characters.`);
    return (await this.claims.set(`${this.prefix}:message:${id}`, '1', 'PX', claimMs, 'NX')) !== null;
  }

  override async close(): Promise<void> {
    this.claims.disconnect();
    await super.close();
  }

  override createRedisClient(): never {
    return Promise.resolve(openRedis(this.url, { lazyConnect: true, maxRetriesPerRequest: null })) as never;
  }
}
