import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { lastValueFrom, type Observable, of } from 'rxjs';
import { Readiness } from '../health/health.controller.js';
import { ConcurrencyLimit, kindOfContext, type RequestKind } from '../limits/concurrency-limit.js';
import { addressKey, isProbe } from '../limits/rate-limiter.js';
import { incomingOf } from './incoming.js';
import { OutageError, withTimeout } from '../problem/outage.js';

/** How long a request waits for the stores. */
export const timeoutMs = 1_500;

/**
 * How long a payment waits while the stores answer. It then waits for a majority of the replica set: while one member is
 * frozen, the others learn each other's progress only from heartbeats, every two seconds. A payment may have to wait for the
 * running heartbeat and for the next one.
 */
const paymentTimeoutMs = 5_000;

/** How quickly the stores must show that they answer. */
const probeTimeoutMs = 500;

/**
 * Answers 503 if the work of a request takes too long, as with a store that hangs, or if too many requests already run. The
 * work itself continues; a retry with the same Idempotency-Key or source_id gets its outcome.
 */
@Injectable()
export class ResponseTimeoutInterceptor implements NestInterceptor {
  constructor(
    private readonly limit: ConcurrencyLimit,
    private readonly readiness: Readiness,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request =
      context.getType() === 'http' ? context.switchToHttp().getRequest<FastifyRequest>() : undefined;
    if (request && isProbe(request)) return next.handle();
    const kind = kindOfContext(context);
    // The guard refuses messages without a caller.
    const caller = incomingOf(context).caller ?? addressKey(request!.ip);
    const work = () => lastValueFrom(next.handle(), { defaultValue: undefined });
    return of(await this.inTime(kind, this.limit.run(kind, caller, work)));
  }

  /** A promise and timers, since operators of rxjs would cost every request more than the rest of this does. */
  private inTime(kind: RequestKind, answer: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const failAfter = (ms: number) => reject(new OutageError(`no answer within ${ms} ms`));
      const failOrExtend = async () => {
        if (!(await this.isPatient(kind))) return failAfter(timeoutMs);
        timer = setTimeout(failAfter, paymentTimeoutMs - timeoutMs, paymentTimeoutMs);
      };
      let timer = setTimeout(() => void failOrExtend(), timeoutMs);
      answer.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  private async isPatient(kind: RequestKind): Promise<boolean> {
    return kind === 'payment' && this.readiness.hasFollowers && (await this.storesAnswer());
  }

  private async storesAnswer(): Promise<boolean> {
    const look = withTimeout(probeTimeoutMs, this.readiness.faults(), 'the stores did not answer');
    return look.then(
      (faults) => faults.length === 0,
      () => false,
    );
  }
}
