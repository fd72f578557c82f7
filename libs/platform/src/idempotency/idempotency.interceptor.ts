import { createHash } from 'node:crypto';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { type Incoming, incomingOf } from '../http/incoming.js';
import { newId } from '../mongo/object-id.js';
import { idempotencyKeyReused, requestInFlight, validationFailed } from '../problem/http-problems.js';
import { isOutage } from '../problem/outage.js';
import { toProblem } from '../problem/problem.filter.js';
import { type Admission, IdempotencyStore, type KeptAnswer } from './idempotency-store.js';
import { giveAgain, keptOf, refusalOf } from './kept-answers.js';

/** What a request got wrong in its form is not kept: a mended one may use the key. */
const neverUnderstood = new Set([400, 422]);

/** Makes a request with an Idempotency-Key happen once, whether it comes over HTTP or as a message. */
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
      // In an outage nobody waits for what may take as long again.
      if (!isOutage(error)) await released;
    };
    const admission = await this.begin(userId, key, fingerprint, tryId, release);
    if (admission.outcome === 'reused')
      throw idempotencyKeyReused('Another request was made with this key; use a new one.');
    if (admission.outcome === 'running')
      throw requestInFlight('A request with this key is still running.', {}, { 'retry-after': '1' });
    if (admission.outcome === 'answered') return giveAgain(admission.answer, reply);

    const { operationId } = admission;
    incoming.operation = { id: operationId, isResumed: admission.outcome === 'resumed' };
    const keep = (answer: KeptAnswer) => this.store.finish(userId, key, fingerprint, operationId, answer);
    try {
      const body = await run();
      // Who was told already that it takes too long asks again, and gets the answer that this reply can bear no more.
      if (reply?.sent) await this.store.release(userId, key, tryId);
      else await keep(keptOf(body, reply));
      return body;
    } catch (error) {
      const problem = toProblem(error);
      const { status, retryable } = problem.kind;
      if (retryable || status >= 500) await release(error);
      else if (neverUnderstood.has(status)) await this.store.forget(userId, key);
      else await keep(refusalOf(problem));
      throw error;
    }
  }

  private async begin(
    userId: string,
    key: string,
    fingerprint: string,
    tryId: string,
    release: (error: unknown) => Promise<void>,
  ): Promise<Admission> {
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
