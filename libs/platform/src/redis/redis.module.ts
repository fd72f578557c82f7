import { Global, Inject, Injectable, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Cluster, Redis } from 'ioredis';
import { AppConfig } from '../config/config.js';
import { certificateFault, handshakeError } from '../problem/certificate-fault.js';
import { connectRedis, failFast, readClusterUrl, redisHosts, refusesUser } from './redis-connection.js';
import { waitForStore } from '../problem/wait-for-store.js';
import { IncompatibleStoreError } from '../problem/outage.js';

/** Injects the connection for plain commands. */
export const InjectRedis = () => Inject(Redis);

const keysPerScan = 500;

/** Builds the names of all keys in Redis. Each thing has its own key, so that a cluster can spread them. */
@Injectable()
export class RedisKeys {
  private readonly prefix: string;

  constructor(config: AppConfig) {
    this.prefix = config.redis.prefix;
  }

  /** A key from its parts, such as `goalpost:limit:user:…`. */
  of(...parts: string[]): string {
    return [this.prefix, ...parts].join(':');
  }

  /** A key in the same cluster slot as another one, so that a script may use both. */
  inSlotOf(key: string, part: string): string {
    return this.of(`{${key}}`, part);
  }

  /** Deletes every key of goalpost that a condition holds for, one by one, so that Redis answers others in between. */
  async deleteAll(redis: Redis, isToGo: (key: string) => boolean): Promise<void> {
    for await (const keys of this.scan(redis))
      await Promise.all(keys.filter(isToGo).map((key) => redis.unlink(key)));
  }

  /** Every key of goalpost, some at a time, on every node of a cluster. A key may come twice. */
  async *scan(redis: Redis): AsyncGenerator<string[]> {
    const nodes = redis instanceof Cluster ? (redis as Cluster).nodes('master') : [redis];
    const begin = this.prefix.replaceAll(/[\\*?[\]]/g, String.raw`\$&`);
    for (const node of nodes)
      for (const match of [`${begin}:*`, `{${begin}}:*`])
        for await (const keys of node.scanStream({ match, count: keysPerScan }) as AsyncIterable<string[]>)
          yield keys;
  }

  /** Bull's prefix, in braces: all keys of a queue must share a slot of a cluster. */
  get queues(): string {
    return `{${this.prefix}}`;
  }
}

/** Checks whether Redis answers and is compatible. */
@Injectable()
export class RedisProbe {
  private readonly logger = new Logger('Redis');
  private readonly where: string;
  private readonly url: string;
  private readonly waitMs: number;

  constructor(
    @Inject(Redis) private readonly redis: Redis,
    private readonly keys: RedisKeys,
    { redis: { url }, waitForStoresMs }: AppConfig,
  ) {
    this.url = url;
    this.where = redisHosts(url);
    this.waitMs = waitForStoresMs;
  }

  /** Waits for a Redis that cannot be reached. Throws an IncompatibleStoreError if it is incompatible. */
  async waitForIt(signal: AbortSignal): Promise<void> {
    const { logger, waitMs: withinMs } = this;
    // A command only times out; why is what the connection says.
    let why: Error | undefined;
    const listen = (error: Error) => (why = error);
    this.redis.on('error', listen);
    const reach = () =>
      this.ping().catch(async (error: unknown) => {
        if (error instanceof IncompatibleStoreError) throw error;
        const reason = (await this.clusterHandshakeError()) ?? why ?? error;
        throw certificateFault(`Redis at ${this.where}`, reason) ?? reason;
      });
    try {
      await waitForStore({ name: `Redis at ${this.where}`, withinMs, logger, signal, reach });
    } finally {
      this.redis.off('error', listen);
    }
    // Without permission for CONFIG nothing is known.
    await this.warnIfNotPersistent().catch(() => undefined);
  }

  /** Resolves once Redis has answered; throws if it does not in time, an IncompatibleStoreError if it is incompatible. */
  async ping(): Promise<void> {
    const [info] = await Promise.all([
      // Without permission for INFO the version stays unchecked.
      this.redis.info('server').catch(() => ''),
      // In a cluster every node answers PING and INFO; this reply comes from the node that has the queues.
      this.redis.exists(this.keys.queues).catch((error: unknown) => {
        throw refusesUser.test((error as Error).message) ? this.refusal(error as Error) : error;
      }),
    ]);
    const problem = redisIncompatibility(this.where, info);
    if (problem !== undefined) throw new IncompatibleStoreError(problem);
  }

  /** A cluster client says only that no node answered. */
  private async clusterHandshakeError(): Promise<unknown> {
    const { tls, nodes: [first] = [] } = readClusterUrl(this.url) ?? {};
    return tls && first ? handshakeError(first.host, first.port) : undefined;
  }

  private refusal({ message }: Error): IncompatibleStoreError {
    const what = `Redis at ${this.where} does not take the user and password of REDIS_URL`;
    return new IncompatibleStoreError(`${what}: mend them, or what that user may do (${message}).`);
  }

  private async warnIfNotPersistent(): Promise<void> {
    const setting = async (name: string) => {
      const [, value] = (await this.redis.config('GET', name)) as string[];
      return [name, value];
    };
    const settings = await Promise.all(['appendonly', 'save'].map(setting));
    const warning = persistenceWarning(this.where, Object.fromEntries(settings) as Record<string, string>);
    if (warning) this.logger.warn(warning);
  }
}

const oldestMajor = 7;

/**
 * Why goalpost cannot work with a Redis, by its reply to `INFO server`, and what to do; undefined if it can. Every Valkey
 * is compatible: it reports itself as Redis 7.2.
 */
export function redisIncompatibility(where: string, info: string): string | undefined {
  const version = /^redis_version:(\S+)/m.exec(info)?.[1];
  if (version === undefined || /^valkey_version:/m.test(info)) return undefined;
  if (Number.parseInt(version, 10) >= oldestMajor) return undefined;
  return `Redis at ${where} is ${version}, and goalpost needs Redis ${oldestMajor} or newer, or Valkey: upgrade it.`;
}

/** The warning about a Redis whose settings keep no data on disk; undefined if they do. */
export function persistenceWarning(where: string, settings: Record<string, string>): string | undefined {
  if (settings.appendonly !== 'no' || settings.save !== '') return undefined;
  return `Redis at ${where} keeps nothing on disk: jobs are lost when it restarts. Set appendonly yes.`;
}

@Global()
@Module({
  providers: [
    RedisKeys,
    RedisProbe,
    {
      provide: Redis,
      inject: [AppConfig],
      useFactory: ({ redis }: AppConfig) => connectRedis(redis.url, failFast, { isProbed: true }),
    },
  ],
  exports: [Redis, RedisKeys, RedisProbe],
})
export class RedisModule implements OnApplicationShutdown {
  constructor(@InjectRedis() private readonly redis: Redis) {}

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }
}
