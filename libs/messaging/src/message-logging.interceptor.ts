import { incomingOf, type Origin, RequestContext, saneRequestId, type TraceHeaders } from '#platform';
import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  Logger,
  type NestInterceptor,
} from '@nestjs/common';
import { finalize, Observable, tap } from 'rxjs';

/** Gives each message a request context, a span and a log line, as HTTP requests have; it continues the caller's. */
@Injectable()
export class MessageLoggingInterceptor implements NestInterceptor {
  private readonly logger = new Logger('Messages');

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'rpc') return next.handle();
    const { target: pattern, origin = {} } = incomingOf(context);
    const requestContext = RequestContext.begin({
      requestId: saneRequestId(origin.request_id),
      fields: () => ({ pattern }),
      span: { name: pattern, role: 'server', parent: traceHeadersOf(origin) },
    });
    // The handler runs in the context of the subscription, whoever subscribes.
    return new Observable((subscriber) =>
      requestContext.run(() => this.log(requestContext, next.handle()).subscribe(subscriber)),
    );
  }

  private log(requestContext: RequestContext, responses: Observable<unknown>): Observable<unknown> {
    let fault: Error | undefined;
    return responses.pipe(
      tap({ error: (error: Error) => (fault = error) }),
      finalize(() => {
        const msg = `${requestContext.fields.pattern} ${fault ? 'refused' : 'answered'}`;
        requestContext.run(() => this.logger.log({ msg, ms: requestContext.ms }));
        requestContext.end(fault);
      }),
    );
  }
}

/** A message may be any JSON; what is no text is no header. */
function traceHeadersOf({ traceparent, tracestate }: Origin): TraceHeaders {
  return {
    ...(typeof traceparent === 'string' && { traceparent }),
    ...(typeof tracestate === 'string' && { tracestate }),
  };
}
