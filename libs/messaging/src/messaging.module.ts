import { AppConfig, connectRedis, failFast } from '#platform';
import { type DynamicModule, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { CustomStrategy, MicroserviceOptions, NestMicroservice } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Redis } from 'ioredis';
import { Broker, RedisBroker, SilentBroker } from './broker.js';
import { logMessages } from './message-logging.hook.js';
import { NatsBroker, type StreamOptions } from './nats.broker.js';
import { NatsServer } from './nats.server.js';
import { DeduplicatingRedisServer } from './redis.server.js';
import { TcpServer } from './tcp.server.js';
import { MessagingConfig } from './messaging.config.js';

/** Longest message by TCP in characters; a longer one closes its connection. */
const maxBufferSize = 1024 * 1024;

const isNats = (url: string) => /^(nats|tls):/.test(url);

/** Lets an application take messages by the configured transport, with the guard, validation and problems of its HTTP. */
export async function connectMessaging(app: NestFastifyApplication): Promise<void> {
  const { url } = app.get(MessagingConfig);
  if (!url) return;
  const transport = transportOf(url, app.get(AppConfig));
  const options = { inheritAppConfig: true, deferInitialization: true };
  const messages = app.connectMicroservice<MicroserviceOptions>(transport, options) as NestMicroservice;
  messages.registerPreRequestHook(logMessages);
  // The application has run the hooks of all modules.
  messages.setIsInitHookCalled(true);
  await app.startAllMicroservices();
}

function transportOf(address: string, { redis }: AppConfig): CustomStrategy {
  if (/^rediss?[+:]/.test(address)) return { strategy: new DeduplicatingRedisServer(address, redis.prefix) };
  if (isNats(address)) return { strategy: new NatsServer(address, redis.prefix) };
  const url = new URL(address);
  return { strategy: new TcpServer({ host: url.hostname, port: Number(url.port), maxBufferSize }) };
}

/** Publishes events to other services, by the transport that messages come by. For the worker. */
@Module({})
export class BrokerModule implements OnApplicationShutdown {
  constructor(private readonly broker: Broker) {}

  static register(stream: StreamOptions): DynamicModule {
    return {
      module: BrokerModule,
      providers: [
        {
          provide: Broker,
          inject: [MessagingConfig, AppConfig, Redis],
          useFactory: ({ url }: MessagingConfig, config: AppConfig, redis: Redis) =>
            brokerOf(url, config, redis, stream),
        },
      ],
      exports: [Broker],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.broker.close();
  }
}

function brokerOf(url: string | undefined, config: AppConfig, redis: Redis, stream: StreamOptions): Broker {
  if (!url) return new SilentBroker();
  if (isNats(url)) return new NatsBroker(url, stream);
  if (url === config.redis.url) return new RedisBroker(redis, false);
  if (!url.startsWith('tcp:')) return new RedisBroker(connectRedis(url, failFast), true);
  new Logger('Broker').warn('No events are sent: tcp:// has no subscribers');
  return new SilentBroker();
}
