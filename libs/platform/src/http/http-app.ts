import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { AppConfig } from '../config/config.js';
import { addAdmissionHook } from '../limits/admission.hook.js';
import { RateLimiter } from '../limits/rate-limiter.js';
import { ConcurrencyLimit } from '../limits/concurrency-limit.js';
import { malformedRequest, notFound } from '../problem/http-problems.js';
import { sendProblem } from '../problem/problem.filter.js';
import { ProcessLogger } from '../logging/process-logger.js';
import { secretsOf } from '../logging/redactor.js';
import { answerClientFault } from './client-faults.js';
import { readJsonBodies } from './json-body.js';
import { refuseMethods } from './refuse-method.js';
import { requestIdOf } from './request-id.js';
import { watchRequests } from './request-watch.js';
import { leastHeaders, sendSecurityHeaders } from './security-headers.js';

/** The largest body that is read, in bytes. */
export const bodyLimit = 64 * 1024;

/** Connections that are open at once; a further one is closed. */
const mostConnections = 10_000;

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
    trustProxy: config.http.proxies,
    // Node looks after these only now and then, so a request that is too slow may last a second longer.
    requestTimeout: config.http.requestTimeoutMs,
    http: { headersTimeout: config.http.requestTimeoutMs, connectionsCheckingInterval: 1000 },
    clientErrorHandler: answerClientFault,
  });
  // Left to itself Fastify would take a text for a body; it is refused as 415 like any other type.
  adapter.getInstance().removeContentTypeParser('text/plain');
  refuseMethods(adapter.getInstance());
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: await ProcessLogger.create({ app: name, ...config.log, secrets: secretsOf(config) }),
    abortOnError: false,
  });
  const http = adapter.getInstance();
  http.server.maxConnections = mostConnections;
  watchRequests(app);
  await sendSecurityHeaders(http);
  allowOrigins(app, config);
  addAdmissionHook(http, app.get(RateLimiter), app.get(ConcurrencyLimit));
  readJsonBodies(app, bodyLimit);
  return app;
}

/** Takes the last steps of a boot; if one fails, the application is closed, so that nothing of it goes on running. */
export async function finishBoot(
  app: NestFastifyApplication,
  steps: () => Promise<void>,
): Promise<NestFastifyApplication> {
  try {
    await steps();
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** Lets pages of these origins call from a browser; no other page can, as long as there are none. */
function allowOrigins(app: NestFastifyApplication, { http: { corsOrigins } }: AppConfig): void {
  if (corsOrigins.length === 0) return;
  app.enableCors({
    origin: corsOrigins,
    methods: ['GET', 'POST', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-none-match'],
    exposedHeaders: [
      'etag',
      'idempotency-replayed',
      'location',
      'ratelimit',
      'ratelimit-policy',
      'retry-after',
    ],
    maxAge: 600,
  });
}

/** Answers what the router refuses before any route is found: a path that cannot be decoded, or is too long. */
function refuseUnroutable(
  { code, message }: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  void reply.headers(leastHeaders);
  const tooLong = code === 'FST_ERR_MAX_PARAM_LENGTH';
  void reply.header('x-request-id', request.id);
  sendProblem(tooLong ? notFound('No id is that long.') : malformedRequest(message), request, reply);
}
