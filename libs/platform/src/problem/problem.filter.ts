import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Observable, throwError } from 'rxjs';
import { incomingOf, withoutToken } from '../http/incoming.js';
import { isOutage } from './outage.js';
import * as kinds from './problem.js';
import { Problem, type ProblemKind } from './problem.js';

const byStatus = new Map<number, ProblemKind>(
  [
    kinds.malformedRequest,
    kinds.unauthorized,
    kinds.forbidden,
    kinds.notFound,
    kinds.methodNotAllowed,
    kinds.requestTimeout,
    kinds.payloadTooLarge,
    kinds.unsupportedMediaType,
    kinds.validationFailed,
    kinds.unavailable,
  ].map((kind) => [kind.status, kind]),
);

/** Turns any error into a Problem; an unexpected one is reported without its details. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof HttpException) {
    const kind = byStatus.get(error.getStatus());
    if (kind) return kind(error.message);
  }
  if (isOutage(error))
    return kinds.unavailable('A store that this request needs does not answer.', {}, { 'retry-after': '1' });
  return kinds.internalError('The request failed for a reason that was logged.');
}

const refusal = Symbol('reason of a refusal');

/** Why a request was answered 429 or 503; undefined if it was answered otherwise. */
export function refusalOf(reply: FastifyReply & { [refusal]?: string }): string | undefined {
  return reply[refusal];
}

/** Sends a problem as the response to a request. */
export function sendProblem(
  problem: Problem,
  request: FastifyRequest,
  reply: FastifyReply & { [refusal]?: string },
): void {
  if (problem.kind.status === 429 || problem.kind.status === 503) reply[refusal] = problem.reason;
  if (problem.kind.status === 401) void reply.header('www-authenticate', 'Bearer');
  void reply
    .status(problem.kind.status)
    .headers({ 'content-type': 'application/problem+json; charset=utf-8', ...problem.headers })
    .send(JSON.stringify(problem.toBody(withoutToken(request.url))));
}

/** Answers every error with problem details; for a message they are the error of its reply. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): Observable<never> | undefined {
    const problem = toProblem(error);
    // Our own problems need no log, and outages no stack: there may be thousands of them a second.
    if (problem.kind.status >= 500 && error !== problem)
      this.logger.error(isOutage(error) ? String(error) : error);
    if (host.getType() === 'rpc') return throwError(() => problem.toBody(incomingOf(host).target));
    const http = host.switchToHttp();
    sendProblem(problem, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
    return undefined;
  }
}
