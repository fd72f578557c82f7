import type { FastifyInstance, FastifyRequest } from 'fastify';
import { overloaded } from '../problem/http-problems.js';
import { Problem } from '../problem/problem.js';
import { sendProblem } from '../problem/problem.filter.js';
import type { RateLimiter } from './rate-limiter.js';

/** What watches over the process asks here, and has to hear how it is above all when it has too much to do. */
const isProbe = ({ url }: FastifyRequest) => url.startsWith('/health/');

/**
 * Turns requests away before their body is read and before they cost anything: those of an address that made too many, and
 * those beyond so many at work, as more could not be answered in time anyway.
 */
export function watchDoor(http: FastifyInstance, limiter: RateLimiter, mostInFlight: number): void {
  let inFlight = 0;
  http.addHook('onRequest', (request, reply, done) => {
    if (isProbe(request)) return done();
    try {
      if (inFlight >= mostInFlight)
        throw overloaded('Too many requests are at work here.', {}, { 'retry-after': '1' });
      void reply.headers(limiter.takeAddress(request.ip));
    } catch (error) {
      return error instanceof Problem ? sendProblem(error, request, reply) : done(error as Error);
    }
    inFlight += 1;
    reply.raw.once('close', () => (inFlight -= 1));
    done();
  });
}
