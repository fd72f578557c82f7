import { incomingOf, type Origin, RequestContext, saneRequestId, type TraceHeaders } from '#platform';
import { Logger, type PreRequestHook } from '@nestjs/common';
import { finalize, Observable, tap } from 'rxjs';

const logger = new Logger('Messages');

/** Gives each message a request context, a span and a log line, as HTTP requests have; it continues the caller's. */
export const logMessages: PreRequestHook = (context, next) => {
  const { target: pattern, origin = {} } = incomingOf(context);
  const requestContext = RequestContext.begin({
    requestId: saneRequestId(origin.request_id),
    fields: () => ({ pattern }),
    span: { name: pattern, role: 'server', parent: traceHeadersOf(origin) },
  });
  // Guard and handler run in the context of the subscription, whoever subscribes.
  return new Observable((subscriber) =>
    requestContext.run(() => logged(requestContext, next()).subscribe(subscriber)),
  );
};

function logged(requestContext: RequestContext, answers: Observable<unknown>): Observable<unknown> {
  let fault: Error | undefined;
  return answers.pipe(
    tap({ error: (error: Error) => (fault = error) }),
    finalize(() => {
      const msg = `${requestContext.fields.pattern} ${fault ? 'refused' : 'answered'}`;
      requestContext.run(() => logger.log({ msg, ms: requestContext.ms }));
      requestContext.end(fault);
    }),
  );
}

/** A message may be any JSON; what is no text is no header. */
function traceHeadersOf({ traceparent, tracestate }: Origin): TraceHeaders {
  return {
    ...(typeof traceparent === 'string' && { traceparent }),
    ...(typeof tracestate === 'string' && { tracestate }),
  };
}
