import { malformedRequest, openRedis, toProblem } from '#platform';
import { type RedisContext, ServerRedis } from '@nestjs/microservices';
import type { Redis } from 'ioredis';
import { briefly, type Respond, UnansweredRequests } from './unanswered.js';

const claimMs = 60_000;
const longestId = 255;

/**
 * Nest's Redis transport, with two differences. It publishes requests to every api that listens, and each of them would
 * handle them. Here the api that claims the id of a request handles it, and the others ignore it. If a request cannot be
 * claimed, the response is the problem that HTTP would send. And it stops gracefully: it takes no more, answers what it has
 * taken, and disconnects.
 */
export class DeduplicatingRedisServer extends ServerRedis {
  private readonly claims: Redis;
  private readonly unanswered = new UnansweredRequests();

  constructor(
    private readonly url: string,
    private readonly prefix: string,
  ) {
    super({});
    this.claims = openRedis(url, { lazyConnect: true, maxRetriesPerRequest: null });
    this.claims.on('error', () => undefined);
  }

  override handleMessage(channel: string, buffer: string, pub: unknown, pattern: string): Promise<unknown> {
    return this.unanswered.during(this.handleOnce(channel, buffer, pub, pattern));
  }

  override getPublisher(...args: Parameters<ServerRedis['getPublisher']>): Respond {
    return this.unanswered.until(super.getPublisher(...args) as Respond);
  }

  private async handleOnce(channel: string, buffer: string, pub: unknown, pattern: string): Promise<unknown> {
    const { id } = (this.parseMessage(buffer) ?? {}) as { id?: unknown };
    try {
      if (id !== undefined && !(await this.claim(id))) return undefined;
    } catch (error) {
      const respond = this.getPublisher(pub, pattern, id as string, undefined as unknown as RedisContext);
      return respond({ err: toProblem(error).toBody(pattern), isDisposed: true });
    }
    return super.handleMessage(channel, buffer, pub, pattern);
  }

  /** Whether this api handles the request. Throws the error of the response if that cannot be found out. */
  private async claim(id: unknown): Promise<boolean> {
    const isId = typeof id === 'number' || (typeof id === 'string' && id.length <= longestId);
    if (!isId) throw malformedRequest(`The id of a message is a text of at most ${longestId} characters.`);
    return (await this.claims.set(`${this.prefix}:message:${id}`, '1', 'PX', claimMs, 'NX')) !== null;
  }

  override async close(): Promise<void> {
    const subscriber = this.subClient as Redis | undefined;
    if (subscriber) await briefly(subscriber.unsubscribe());
    await this.unanswered.answered();
    this.claims.disconnect();
    await super.close();
  }

  override createRedisClient(): never {
    return Promise.resolve(openRedis(this.url, { lazyConnect: true, maxRetriesPerRequest: null })) as never;
  }
}
