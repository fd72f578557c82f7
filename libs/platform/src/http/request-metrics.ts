import { Logger } from '@nestjs/common';
import { type NestFastifyApplication, RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Counter, Histogram, Registry } from 'prom-client';
import { isId } from '../mongo/object-id.js';
import { refusalOf } from '../problem/problem.filter.js';
import { type Fields, RequestContext } from '../tracing/request-context.js';

/** Requests that machines repeat all the time; they are counted, but not traced or logged. */
const probes = new Set(['/health/live', '/health/ready', '/metrics']);

/** Where a request carries its context; a WeakMap of them would cost each garbage collection more. */
const own = Symbol('request context');

const unmatched = 'none';

const reads = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Sees every request: gives it its id, begins its request context, and counts, times and logs its answer. A line at
 * info tells of each request that changes something or is refused, one at debug of each that reads.
 */
export function instrumentRequests(app: NestFastifyApplication): void {
  const logger = new Logger('Http');
  const contextOf = (request: FastifyRequest & { [own]?: RequestContext }): RequestContext =>
    (request[own] ??= begin(request));
  const duration = new Histogram({
    name: 'goalpost_http_request_duration_seconds',
    help: 'How long HTTP requests take from their head to the end of their answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [app.get(Registry)],
  });
  const refusals = new Counter({
    name: 'goalpost_refusals_total',
    help: 'Requests answered 429 or 503, by the limit or the part of the service that refused them',
    labelNames: ['status', 'reason'],
    registers: [app.get(Registry)],
  });
  const http = app.getHttpAdapter().getInstance();

  http.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    contextOf(request);
    done();
  });
  // After the body was read, which may happen in the context of another request.
  http.addHook('preValidation', (request, _, done) => contextOf(request).run(done));
  http.addHook('onResponse', (request, reply, done) => {
    const { method } = request;
    const route = routeOf(request);
    const status = reply.statusCode;
    const requestContext = contextOf(request);
    const reason = refusalOf(reply);
    if (reason !== undefined && !probes.has(route)) refusals.inc({ status, reason });
    if (!isLongLived(request)) duration.observe({ method, route, status }, requestContext.ms / 1000);
    requestContext.run(() => {
      RequestContext.note({ method, route, status, ...(route === unmatched && { path: pathOf(request) }) });
      const line = { msg: `${method} ${route} ${status}`, ms: requestContext.ms };
      if (probes.has(route)) logger.verbose(line);
      else if (reads.has(method) && status < 400) logger.debug(line);
      else logger.log(line);
    });
    // A refusal under load has to cost next to nothing, and an error is not made for nothing.
    if (requestContext.isTraced) requestContext.end(faultOf(reply));
    done();
  });
}

/** Marks a route whose answers last as long as the client stays: how long they take says nothing of the service. */
export const LongLived = () => RouteConfig({ isLongLived: true });

function isLongLived({ routeOptions }: FastifyRequest): boolean {
  return (routeOptions.config as { isLongLived?: boolean } | undefined)?.isLongLived === true;
}

function begin(request: FastifyRequest): RequestContext {
  const route = routeOf(request);
  const part = { requestId: request.id, fields: () => idsOf(request) };
  if (probes.has(route)) return RequestContext.begin(part);
  const { traceparent, tracestate } = request.headers as Record<string, string | undefined>;
  const span = { name: `${request.method} ${route}`, role: 'server' as const };
  return RequestContext.begin({ ...part, span: { ...span, parent: { traceparent, tracestate } } });
}

/** The pattern, so that ids do not create metrics. */
function routeOf({ routeOptions }: FastifyRequest): string {
  return routeOptions.url ?? unmatched;
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0]!.slice(0, 200);
}

/** The ids in the path, but for those of users: what is logged cannot be erased. */
function idsOf({ params }: FastifyRequest): Fields {
  return Object.fromEntries(
    Object.entries((params ?? {}) as Fields).filter(([name, value]) => name !== 'user_id' && isId(value)),
  );
}

function faultOf({ statusCode }: FastifyReply): Error | undefined {
  return statusCode >= 500 ? new Error(`answered ${statusCode}`) : undefined;
}
