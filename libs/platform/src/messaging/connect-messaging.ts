import { type CustomStrategy, type MicroserviceOptions, Transport } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AppConfig } from '../config/config.js';
import { NatsServer } from './nats.server.js';
import { OnceRedisServer } from './once-redis.server.js';

/** Characters that a connection may send before a message of them is whole; beyond that it is closed. */
const maxBufferSize = 1024 * 1024;

/** Lets an application take messages by the configured transport, with the guard, checks and problems of its HTTP. */
export async function connectMessaging(app: NestFastifyApplication, config: AppConfig): Promise<void> {
  if (!config.messaging.url) return;
  app.connectMicroservice<MicroserviceOptions>(transportOf(new URL(config.messaging.url), config), {
    inheritAppConfig: true,
  });
  await app.startAllMicroservices();
}

function transportOf(url: URL, { redis }: AppConfig): MicroserviceOptions | CustomStrategy {
  if (url.protocol === 'tcp:')
    return {
      transport: Transport.TCP,
      options: { host: url.hostname, port: Number(url.port), maxBufferSize },
    };
  if (url.protocol === 'nats:') return { strategy: new NatsServer(url.href, redis.prefix) };
  return { strategy: new OnceRedisServer(url.href, redis.prefix) };
}
