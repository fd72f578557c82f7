import { Global, Inject, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Redis, type RedisOptions } from 'ioredis';
import { AppConfig } from '../config/config.js';
import { openRedis } from './open-redis.js';
import { RedisKeys } from './redis-keys.js';
import { RedisProbe } from './redis-probe.js';

/** Injects the connection for plain commands. */
export const InjectRedis = () => Inject(Redis);

/** A connection that fails fast: a command that gets no answer within 1.2 seconds is an outage, not a wait. */
export const failFast: RedisOptions = {
  maxRetriesPerRequest: null,
  enableReadyCheck: false,
  enableAutoPipelining: true,
  commandTimeout: 1200,
};

/**
 * A server that says this keeps no script of what it was sent, while ioredis notes for each connection which scripts it has
 * sent: within a MULTI, as Bull uses for tries that failed, such a script is then missing for good. A new connection starts anew.
 */
const unsettled = /^(LOADING|MASTERDOWN|READONLY|EXECABORT) /;

/** Opens a connection that logs its trouble once each time it is lost. */
export function connectRedis(url: string, options: RedisOptions): Redis {
  const logger = new Logger('Redis');
  const redis = openRedis(url, {
    ...options,
    // The handshake that tells the server of the client would end the retries for good where the connection breaks within it.
    disableClientInfo: true,
    reconnectOnError: ({ message }) => unsettled.test(message),
    retryStrategy: (times) => Math.min(times * 50, 1000),
  });
  let down = false;
  redis.on('error', (error: Error) => {
    if (!down) logger.error(`Redis is out of reach: ${error.message}`);
    down = true;
  });
  redis.on('node error', (error: Error, node: string) => logger.warn(`Redis node ${node}: ${error.message}`));
  redis.on('ready', () => {
    if (down) logger.log('Redis is back');
    down = false;
  });
  return redis;
}

@Global()
@Module({
  providers: [
    RedisKeys,
    RedisProbe,
    {
      provide: Redis,
      inject: [AppConfig],
      useFactory: ({ redis }: AppConfig) => connectRedis(redis.url, failFast),
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
