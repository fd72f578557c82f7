import { createHash } from 'node:crypto';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import type { Caller } from '../auth/caller.js';
import { newId } from '../mongo/object-id.js';
import { idempotencyKeyReused, requestInFlight, validationFailed } from '../problem/http-problems.js';
import type { Operation } from './operation.js';
import { toProblem } from '../problem/problem.filter.js';
import { Problem, problemKind } from '../problem/problem.js';
import { IdempotencyStore, type KeptAnswer } from './idempotency-store.js';

type IdentifiedRequest = FastifyRequest & { caller: Caller; operation?: Operation };

/** Makes a request with an Idempotency-Key happen once. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly store: IdempotencyStore) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<IdentifiedRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const key = request.headers['idempotency-key'];
    if (key === undefined) return next.handle();
    return from(this.once(String(key), request, reply, () => lastValueFrom(next.handle())));
  }

  private async once(
    key: string,
    request: IdentifiedRequest,
    reply: FastifyReply,
    run: () => Promise<unknown>,
  ) {
    if (!/^[!-~]{1,255}$/.test(key))
      throw validationFailed('The Idempotency-Key does not hold.', {
        errors: [{ pointer: '/Idempotency-Key', detail: 'must be 1 to 255 visible ASCII characters' }],
      });
    const { userId } = request.caller;
    const fingerprint = fingerprintOf(request);
    const admission = await this.store.begin(userId, key, fingerprint, newId());
    if (admission.outcome === 'reused')
      throw idempotencyKeyReused('Another request was made with this key; use a new one.');
    if (admission.outcome === 'running')
      throw requestInFlight('A request with this key is still running.', {}, { 'retry-after': '1' });
    if (admission.outcome === 'answered') return giveAgain(admission.answer, reply);

    const { operationId } = admission;
    request.operation = { id: operationId, isResumed: admission.outcome === 'resumed' };
    const keep = (answer: KeptAnswer) => this.store.finish(userId, key, fingerprint, operationId, answer);
    try {
      const body = await run();
      await keep({ status: reply.statusCode, location: reply.getHeader('location')?.toString(), body });
      return body;
    } catch (error) {
      const problem = toProblem(error);
      if (problem.kind.status >= 500) await this.store.reopen(userId, key, fingerprint, operationId);
      else if (neverUnderstood.has(problem.kind.status)) await this.store.forget(userId, key);
      else await keep({ status: problem.kind.status, body: refusalOf(problem) });
      throw error;
    }
  }
}

const neverUnderstood = new Set([400, 422]);

interface KeptRefusal {
  code: string;
  title: string;
  detail: string;
  extensions: Problem['extensions'];
}

function refusalOf({ kind, message, extensions }: Problem): KeptRefusal {
  return { code: kind.code, title: kind.title, detail: message, extensions };
}

function giveAgain({ status, location, body }: KeptAnswer, reply: FastifyReply): unknown {
  void reply.header('idempotency-replayed', 'true');
  if (status >= 400) {
    const { code, title, detail, extensions } = body as KeptRefusal;
    throw problemKind(status, code, title)(detail, extensions);
  }
  void reply.status(status);
  if (location) void reply.header('location', location);
  return body;
}

function fingerprintOf({ method, url, body }: FastifyRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([method, url, body]))
    .digest('base64url');
}
