import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { concatMap, from, lastValueFrom, map, type Observable, race, timer } from 'rxjs';
import { Readiness } from '../health/readiness.js';
import { isProbe } from '../limits/admission.hook.js';
import { addressKey } from '../limits/rate-limiter.js';
import { kindOfContext, type RequestKind, ConcurrencyLimit } from '../limits/concurrency-limit.js';
import { incomingOf } from './incoming.js';
import { within } from '../patience/within.js';
import { OutageError } from '../problem/outage.js';

/** Longest time for which a request waits for the stores behind it. */
export const answerWithinMs = 1_500;

/**
 * Longest time for which a payment waits while the stores answer. What it waits for then is a majority of a replica set: as
 * long as one member is frozen, the others tell each other how far they are by their heartbeats alone, every two seconds. A
 * payment may have to wait for the one that is under way, and for its own.
 */
const paymentWithinMs = 5_000;

/** How soon the stores have to show that they answer. */
const proofWithinMs = 500;

/**
 * Answers 503 where the work of a request takes too long, as with a store that hangs, or where too much is at work already.
 * The work itself goes on; who asks again under the same Idempotency-Key, or with the same source_id, gets what came of it.
 */
@Injectable()
export class AnswerDeadlineInterceptor implements NestInterceptor {
  constructor(
    private readonly limit: ConcurrencyLimit,
    private readonly readiness: Readiness,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return race(this.answer(context, next), this.deadline(kindOfContext(context)));
  }

  private deadline(kind: RequestKind): Observable<never> {
    const late = (ms: number) => timer(ms - answerWithinMs).pipe(map(() => failLate(ms)));
    return timer(answerWithinMs).pipe(
      concatMap(async () => kind === 'payment' && this.readiness.hasFollowers && (await this.storesAnswer())),
      concatMap((isLonger) => late(isLonger ? paymentWithinMs : answerWithinMs)),
    );
  }

  private async storesAnswer(): Promise<boolean> {
    const look = within(proofWithinMs, this.readiness.faults(), 'the stores did not answer');
    return look.then(
      (faults) => faults.length === 0,
      () => false,
    );
  }

  private answer(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request =
      context.getType() === 'http' ? context.switchToHttp().getRequest<FastifyRequest>() : undefined;
    if (request && isProbe(request)) return next.handle();
    // The guard lets no message in without a caller.
    const caller = incomingOf(context).caller ?? addressKey(request!.ip);
    const work = () => lastValueFrom(next.handle(), { defaultValue: undefined });
    return from(this.limit.run(kindOfContext(context), caller, work));
  }
}

function failLate(ms: number): never {
  throw new OutageError(`no answer within ${ms} ms`);
}
