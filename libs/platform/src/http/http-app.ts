import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import helmet from 'helmet';
import type { AppConfig } from '../config/config.js';
import { ConcurrencyLimit } from '../limits/concurrency-limit.js';
import { addAdmissionHook, RateLimiter } from '../limits/rate-limiter.js';
import { malformedRequest, notFound } from '../problem/problem.js';
import { sendProblem } from '../problem/problem.filter.js';
import { ProcessLogger } from '../logging/process-logger.js';
import { answerClientError, readJsonBodies, refuseMethods, requestIdOf } from './malformed-requests.js';
import { instrumentRequests } from './request-metrics.js';
import { Shutdown } from './shutdown.js';

/** The largest body that is read, in bytes. */
export const bodyLimit = 64 * 1024;

/** Connections that may be open at once; further ones are closed. */
const mostConnections = 10_000;

/** Creates the HTTP application of a process, not listening yet. `name` appears in its log lines. */
export async function createHttpApp(
  module: DynamicModule,
  config: AppConfig,
  name = 'goalpost',
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit,
    forceCloseConnections: 'idle',
    // What comes on an open connection while the server closes is served, and the response closes the connection.
    return503OnClosing: false,
    genReqId: requestIdOf,
    routerOptions: { maxParamLength: 500 },
    frameworkErrors: refuseUnroutable,
    trustProxy: config.http.proxies,
    // Node checks these at intervals, so a request that is too slow may last a second longer.
    requestTimeout: config.http.requestTimeoutMs,
    http: { headersTimeout: config.http.requestTimeoutMs, connectionsCheckingInterval: 1000 },
    clientErrorHandler: answerClientError,
  });
  // By default Fastify reads text bodies; they are refused with 415 like any other type.
  adapter.getInstance().removeContentTypeParser('text/plain');
  refuseMethods(adapter.getInstance());
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: await ProcessLogger.create({ app: name, ...config.log, secrets: config.secrets }),
    abortOnError: false,
  });
  const http = adapter.getInstance();
  http.server.maxConnections = mostConnections;
  instrumentRequests(app);
  closeConnections(http, app.get(Shutdown));
  sendSecurityHeaders(http);
  allowOrigins(app, config);
  addAdmissionHook(http, app.get(RateLimiter), app.get(ConcurrencyLimit));
  readJsonBodies(app, bodyLimit);
  return app;
}

/** Has clients close their connections once the process is about to stop: one that is reused then would break. */
function closeConnections(http: FastifyInstance, { signal }: Shutdown): void {
  http.addHook('onSend', (_, reply, payload, done) => {
    if (signal.aborted) void reply.header('connection', 'close');
    done(null, payload);
  });
}

/** Runs the last steps of a boot; closes the application if one fails, so that no part of it keeps running. */
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

/** Allows pages of these origins to call from a browser; by default no page can. */
function allowOrigins(app: NestFastifyApplication, { http: { corsOrigins } }: AppConfig): void {
  if (corsOrigins.length === 0) return;
  app.enableCors({
    origin: corsOrigins,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'idempotency-key',
      'if-match',
      'if-none-match',
      'last-event-id',
    ],
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

/** Answers what the router refuses before it finds a route: a path that cannot be decoded or is too long. */
function refuseUnroutable(
  { code, message }: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  void reply.headers(minimalHeaders);
  const tooLong = code === 'FST_ERR_MAX_PARAM_LENGTH';
  void reply.header('x-request-id', request.id);
  sendProblem(tooLong ? notFound('No id is that long.') : malformedRequest(message), request, reply);
}

/** A response that is not a page loads nothing and may not be framed. */
const apiPolicy = { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } };

/** The minimum, for responses that are sent before any hook runs. */
const minimalHeaders = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
};

/** Adds security headers to every response, the same ones: helmet makes them once. Pages set their own content-security-policy. */
function sendSecurityHeaders(http: FastifyInstance): void {
  const headers: Record<string, string> = {};
  const recorder = {
    setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  } as unknown as ServerResponse;
  helmet({ contentSecurityPolicy: apiPolicy, xFrameOptions: { action: 'deny' } })(
    {} as IncomingMessage,
    recorder,
    () => undefined,
  );
  http.addHook('onRequest', (_, reply, done) => {
    void reply.headers(headers);
    done();
  });
}

/** The policy of a page with scripts and images from here and inline styles. */
const pagePolicy =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'self'; form-action 'self'; " +
  "frame-ancestors 'none'; object-src 'none'";

/** Applies that policy to a response. */
export function allowPage(reply: FastifyReply): void {
  void reply.header('content-security-policy', pagePolicy);
}
