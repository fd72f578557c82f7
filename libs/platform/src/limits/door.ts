import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../problem/problem.js';
import { sendProblem } from '../problem/problem.filter.js';
import type { RateLimiter } from './rate-limiter.js';
import { kindOfRequest } from './work-kind.js';
import type { WorkLimit } from './work-limit.js';

/** What watches over the process asks here, and has to hear how it is above all when it has too much to do. */
export const isProbe = ({ url }: Pick<FastifyRequest, 'url'>): boolean => url.startsWith('/health/');

/**
 * Turns requests away before their body is read and before they cost anything: those of an address that made too many, and
 * those of a kind of which enough are at work.
 */
export function watchDoor(http: FastifyInstance, limiter: RateLimiter, work: WorkLimit): void {
  http.addHook('onRequest', (request, reply, done) => {
    if (isProbe(request)) return done();
    try {
      void reply.headers(limiter.takeAddress(request.ip));
      const refusal = work.refusal(kindOfRequest(request));
      if (refusal) return sendProblem(refusal, request, reply);
      return done();
    } catch (error) {
      return error instanceof Problem ? sendProblem(error, request, reply) : done(error as Error);
    }
  });
}
