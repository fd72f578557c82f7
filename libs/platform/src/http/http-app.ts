import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { AppConfig } from '../config/config.js';
import { malformedRequest, notFound } from '../problem/http-problems.js';
import { sendProblem } from '../problem/problem.filter.js';
import { ProcessLogger } from '../logging/process-logger.js';
import { secretsOf } from '../logging/redactor.js';
import { refuseMethods } from './refuse-method.js';
import { requestIdOf } from './request-id.js';
import { watchRequests } from './request-watch.js';

/** The largest body that is read, in bytes. */
export const bodyLimit = 64 * 1024;

/** Makes the HTTP application of a process, not listening yet. Its lines carry the name. */
export async function createHttpApp(
  module: DynamicModule,
  config: AppConfig,
  name = 'goalpost',
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit,
    forceCloseConnections: 'idle',
    genReqId: requestIdOf,
    routerOptions: { maxParamLength: 500 },
    frameworkErrors: refuseUnroutable,
  });
  // Left to itself Fastify would take a text for a body; it is refused as 415 like any other type.
  adapter.getInstance().removeContentTypeParser('text/plain');
  refuseMethods(adapter.getInstance());
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: await ProcessLogger.create({ app: name, ...config.log, secrets: secretsOf(config) }),
    abortOnError: false,
  });
  watchRequests(app);
  return app;
}

/** Answers what the router refuses before any route is found: a path that cannot be decoded, or is too long. */
function refuseUnroutable(
  { code, message }: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const tooLong = code === 'FST_ERR_MAX_PARAM_LENGTH';
  void reply.header('x-request-id', request.id);
  sendProblem(tooLong ? notFound('No id is that long.') : malformedRequest(message), request, reply);
}
