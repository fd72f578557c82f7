import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable, throwError, timeout } from 'rxjs';
import { isProbe } from '../limits/door.js';
import { addressKey } from '../limits/address-key.js';
import { kindOfWork } from '../limits/work-kind.js';
import { WorkLimit } from '../limits/work-limit.js';
import { incomingOf } from '../messaging/incoming.js';
import { OutageError } from '../problem/outage.js';

/** Longest time for which a request waits for the stores behind it. */
export const answerWithinMs = 1_500;

/**
 * Answers 503 where the work of a request takes too long, as with a store that hangs, or where too much is at work already.
 * The work itself goes on; who asks again under the same Idempotency-Key, or with the same source_id, gets what came of it.
 */
@Injectable()
export class AnswerDeadlineInterceptor implements NestInterceptor {
  constructor(private readonly limit: WorkLimit) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const late = () => throwError(() => new OutageError(`no answer within ${answerWithinMs} ms`));
    return this.answer(context, next).pipe(timeout({ first: answerWithinMs, with: late }));
  }

  private answer(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request =
      context.getType() === 'http' ? context.switchToHttp().getRequest<FastifyRequest>() : undefined;
    if (request && isProbe(request)) return next.handle();
    // The guard lets no message in without a caller.
    const caller = incomingOf(context).caller ?? addressKey(request!.ip);
    const work = () => lastValueFrom(next.handle(), { defaultValue: undefined });
    return from(this.limit.run(kindOfWork(context), caller, work));
  }
}
