import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AppConfig } from '../config/config.js';
import { ProcessLogger } from './process-logger.js';

/** The largest body that is read, in bytes. */
export const bodyLimit = 64 * 1024;

/** Makes the HTTP application of a process, not listening yet. */
export async function createHttpApp(
  module: DynamicModule,
  config: AppConfig,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 500 },
  });
  return NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new ProcessLogger(config.log.level),
    abortOnError: false,
  });
}
