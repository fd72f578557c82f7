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
  app.connectMicroservice<MicroserviceOptions>(transportOf(config.messaging.url, config), {
    inheritAppConfig: true,
  });
  await app.startAllMicroservices();
}

function transportOf(address: string, { redis }: AppConfig): MicroserviceOptions | CustomStrategy {
  if (/^rediss?[+:]/.test(address)) return { strategy: new OnceRedisServer(address, redis.prefix) };
  const url = new URL(address);
  if (url.protocol === 'nats:') return { strategy: new NatsServer(url.href, redis.prefix) };
  return {
    transport: Transport.TCP,
    options: { host: url.hostname, port: Number(url.port), maxBufferSize },
  };
}
