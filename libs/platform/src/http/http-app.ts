import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { AppConfig } from '../config/config.js';
import { malformedRequest, notFound } from '../problem/http-problems.js';
import { sendProblem } from '../problem/problem.filter.js';
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
    frameworkErrors: refuseUnroutable,
  });
  // Left to itself Fastify would take a text for a body; it is refused as 415 like any other type.
  adapter.getInstance().removeContentTypeParser('text/plain');
  return NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new ProcessLogger(config.log.level),
    abortOnError: false,
  });
}

/** Answers what the router refuses before any route is found: a path that cannot be decoded, or is too long. */
function refuseUnroutable(
  { code, message }: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const tooLong = code === 'FST_ERR_MAX_PARAM_LENGTH';
  sendProblem(tooLong ? notFound('No id is that long.') : malformedRequest(message), request, reply);
}
