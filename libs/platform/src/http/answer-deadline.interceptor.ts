import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { type Observable, throwError, timeout } from 'rxjs';
import { OutageError } from '../problem/outage.js';

/** Longest time for which a request waits for the stores behind it. */
export const answerWithinMs = 1_500;

/**
 * Answers 503 where the work of a request takes too long, as with a store that hangs. The work itself goes on; who asks
 * again under the same Idempotency-Key, or with the same source_id, gets what came of it.
 */
@Injectable()
export class AnswerDeadlineInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    const late = () => throwError(() => new OutageError(`no answer within ${answerWithinMs} ms`));
    return next.handle().pipe(timeout({ first: answerWithinMs, with: late }));
  }
}
