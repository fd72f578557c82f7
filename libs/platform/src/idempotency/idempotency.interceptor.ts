import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { type Incoming, incomingOf } from '../http/incoming.js';
import { newId } from '../mongo/object-id.js';
import {
  idempotencyKeyReused,
  type Problem,
  problemKind,
  requestInFlight,
  validationFailed,
} from '../problem/problem.js';
import { isOutage } from '../problem/outage.js';
import { toProblem } from '../problem/problem.filter.js';
import { type BeginResult, IdempotencyStore, type CachedResponse } from './idempotency.store.js';

/** Returns the same response to the same request with the same `Idempotency-Key` for 24 hours. */
export const Idempotent = () =>
  applyDecorators(
    UseInterceptors(IdempotencyInterceptor),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: 'the same key and body from the same user give the same answer again for 24 hours',
      schema: {
        type: 'string',
        minLength: 1,
        maxLength: 255,
        pattern: '^[!-~]+$',
      },
    }),
  );

/** Responses to malformed requests are not cached: a corrected request may use the key. */
const malformed = new Set([400, 422]);

/** Executes a request with an Idempotency-Key once, over HTTP and as a message alike. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly store: IdempotencyStore) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const incoming = incomingOf(context);
    if (incoming.idempotencyKey === undefined) return next.handle();
    const reply =
      context.getType() === 'http' ? context.switchToHttp().getResponse<FastifyReply>() : undefined;
    return from(this.once(incoming, reply, () => lastValueFrom(next.handle())));
  }

  private async once(incoming: Incoming, reply: FastifyReply | undefined, run: () => Promise<unknown>) {
    const key = keyOf(incoming);
    const { userId } = incoming.caller!;
    const fingerprint = createHash('sha256').update(JSON.stringify(incoming.identity)).digest('base64url');
    const tryId = newId();
    const release = async (error: unknown) => {
      const released = this.store.release(userId, key, tryId).catch(() => undefined);
      // In an outage the release may take as long again, so it is not awaited.
      if (!isOutage(error)) await released;
    };
    const begun = await this.begin(userId, key, fingerprint, tryId, release);
    if (begun.outcome === 'reused')
      throw idempotencyKeyReused('Another request was made with this key; use a new one.');
    if (begun.outcome === 'running')
      throw requestInFlight('A request with this key is still running.', {}, { 'retry-after': '1' });
    if (begun.outcome === 'answered') return replayResponse(begun.response, reply);

    const { operationId } = begun;
    incoming.operation = { id: operationId, isResumed: begun.outcome === 'resumed' };
    const keep = (response: CachedResponse) =>
      this.store.finish(userId, key, fingerprint, operationId, response);
    try {
      const body = await run();
      // After a timeout response the client retries and gets the response that this reply can no longer carry.
      if (reply?.sent) await this.store.release(userId, key, tryId);
      else await keep(cachedResponse(body, reply));
      return body;
    } catch (error) {
      const problem = toProblem(error);
      const { status, retryable } = problem.kind;
      if (retryable || status >= 500) await release(error);
      else if (malformed.has(status)) await this.store.forget(userId, key);
      else await keep(cachedProblem(problem));
      throw error;
    }
  }

  private async begin(
    userId: string,
    key: string,
    fingerprint: string,
    tryId: string,
    release: (error: unknown) => Promise<void>,
  ): Promise<BeginResult> {
    try {
      return await this.store.begin(userId, key, fingerprint, tryId);
    } catch (error) {
      await release(error);
      throw error;
    }
  }
}

function keyOf({ idempotencyKey }: Incoming): string {
  if (typeof idempotencyKey === 'string' && /^[!-~]{1,255}$/.test(idempotencyKey)) return idempotencyKey;
  throw validationFailed('The Idempotency-Key does not hold.', {
    errors: [{ pointer: '/Idempotency-Key', detail: 'must be 1 to 255 visible ASCII characters' }],
  });
}

/** The cached form of a success. */
function cachedResponse(body: unknown, reply: FastifyReply | undefined): CachedResponse {
  return { status: reply?.statusCode ?? 200, location: reply?.getHeader('location')?.toString(), body };
}

interface CachedProblem {
  code: string;
  title: string;
  detail: string;
  extensions: Problem['extensions'];
}

/** The cached form of a problem. */
function cachedProblem({ kind, message, extensions }: Problem): CachedResponse {
  const body: CachedProblem = { code: kind.code, title: kind.title, detail: message, extensions };
  return { status: kind.status, body };
}

/** Sends a cached response again; a cached problem is thrown again. */
function replayResponse(
  { status, location, body }: CachedResponse,
  reply: FastifyReply | undefined,
): unknown {
  void reply?.header('idempotency-replayed', 'true');
  if (status >= 400) {
    const { code, title, detail, extensions } = body as CachedProblem;
    throw problemKind(status, code, title)(detail, extensions);
  }
  void reply?.status(status);
  if (location) void reply?.header('location', location);
  return body;
}
