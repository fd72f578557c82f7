import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Redis } from 'ioredis';
import { AppConfig } from '../config/config.js';
import { StoreMisfitError } from '../health/store-misfit.error.js';
import { RedisKeys } from './redis-keys.js';
import { keepsNothing, redisHosts, redisMisfit } from './redis-misfit.js';

/** Tells whether Redis answers and fits. */
@Injectable()
export class RedisProbe implements OnModuleInit {
  private readonly logger = new Logger('Redis');
  private readonly where: string;

  constructor(
    @Inject(Redis) private readonly redis: Redis,
    private readonly keys: RedisKeys,
    { redis: { url } }: AppConfig,
  ) {
    this.where = redisHosts(url);
  }

  /** Throws a StoreMisfitError where Redis does not fit. One that is out of reach makes a process unready, and no more. */
  async onModuleInit(): Promise<void> {
    try {
      await this.ping();
      await this.warnWhereNothingIsKept();
    } catch (error) {
      if (error instanceof StoreMisfitError) throw error;
    }
  }

  /** Resolves once Redis has answered; throws where it does not in time, and a StoreMisfitError where it does not fit. */
  async ping(): Promise<void> {
    const [info] = await Promise.all([
      // Who may not ask for it has to know by himself that it fits.
      this.redis.info('server').catch(() => ''),
      // Of a cluster every node answers to PING and INFO; this has to come from the one that holds the queues.
      this.redis.exists(this.keys.queues),
    ]);
    const misfit = redisMisfit(this.where, info);
    if (misfit !== undefined) throw new StoreMisfitError(misfit);
  }

  private async warnWhereNothingIsKept(): Promise<void> {
    const setting = async (name: string) => {
      const [, value] = (await this.redis.config('GET', name)) as string[];
      return [name, value];
    };
    const settings = await Promise.all(['appendonly', 'save'].map(setting));
    const warning = keepsNothing(this.where, Object.fromEntries(settings) as Record<string, string>);
    if (warning) this.logger.warn(warning);
  }
}
