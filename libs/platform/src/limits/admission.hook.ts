import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../problem/problem.js';
import { sendProblem } from '../problem/problem.filter.js';
import { type ConcurrencyLimit, kindOfRequest } from './concurrency-limit.js';
import type { RateLimiter } from './rate-limiter.js';

/** Probes are never limited: what monitors the process needs an answer most of all when the process is overloaded. */
export const isProbe = ({ url }: Pick<FastifyRequest, 'url'>): boolean => url.startsWith('/health/');

/** Refuses requests beyond a limit before their body is read and before they cost anything. */
export function addAdmissionHook(
  http: FastifyInstance,
  rateLimiter: RateLimiter,
  concurrencyLimit: ConcurrencyLimit,
): void {
  http.addHook('onRequest', (request, reply, done) => {
    if (isProbe(request)) return done();
    try {
      void reply.headers(rateLimiter.takeAddress(request.ip));
      const refusal = concurrencyLimit.refusal(kindOfRequest(request));
      if (refusal) return sendProblem(refusal, request, reply);
      return done();
    } catch (error) {
      return error instanceof Problem ? sendProblem(error, request, reply) : done(error as Error);
    }
  });
}
