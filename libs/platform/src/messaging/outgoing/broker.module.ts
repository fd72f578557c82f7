import { type DynamicModule, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { AppConfig } from '../../config/config.js';
import { connectRedis, failFast } from '../../redis/redis.module.js';
import { Broker } from './broker.js';
import type { StreamName } from './event-stream.js';
import { NatsBroker } from './nats.broker.js';
import { RedisBroker } from './redis.broker.js';
import { SilentBroker } from './silent.broker.js';

/** The way to other services for a process that tells them of events, by the transport that messages come by. */
@Module({})
export class BrokerModule implements OnApplicationShutdown {
  constructor(private readonly broker: Broker) {}

  static register(stream: StreamName): DynamicModule {
    return {
      module: BrokerModule,
      providers: [
        {
          provide: Broker,
          inject: [AppConfig, Redis],
          useFactory: (config: AppConfig, redis: Redis) => brokerOf(config, redis, stream),
        },
      ],
      exports: [Broker],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.broker.close();
  }
}

function brokerOf(config: AppConfig, redis: Redis, stream: StreamName): Broker {
  const { url } = config.messaging;
  if (!url) return new SilentBroker();
  if (url.startsWith('nats:')) return new NatsBroker(url, stream);
  if (url === config.redis.url) return new RedisBroker(redis, false);
  if (!url.startsWith('tcp:')) return new RedisBroker(connectRedis(url, failFast), true);
  new Logger('Broker').warn('No events are sent: over tcp:// there is nobody to send them to');
  return new SilentBroker();
}
