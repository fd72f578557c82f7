import { Logger } from '@nestjs/common';
import type { Job } from 'bull';
import { isId } from '../mongo/object-id.js';
import { type Fields, RequestContext, type SpanRole, type TraceContext } from './request-context.js';
import { tracer } from './tracing.js';

const logger = new Logger('Jobs');

/** A job that waited longer, such as a timer, is a trace of its own, linked to the one in which it was added. */
const longestWithinTraceMs = 60_000;

/** Runs a job in the request context that it was added in. */
export function runJob<Data>(job: Job<Data>, run: (job: Job<Data>) => Promise<unknown>): Promise<unknown> {
  const { traceContext = {} } = job.opts as { traceContext?: TraceContext };
  const { request_id: requestId, ...headers } = traceContext;
  const isLate = (job.opts.delay ?? 0) > longestWithinTraceMs;
  const own = RequestContext.begin({
    requestId,
    fields: () => ({
      queue: job.queue.name,
      job_id: String(job.id),
      try: job.attemptsMade + 1,
      ...idsIn(job.data as object | undefined),
    }),
    span: { name: job.queue.name, role: 'consumer', ...(isLate ? { link: headers } : { parent: headers }) },
  });
  return runLogged(own, logger, 'job', () => run(job));
}

/** The ids in the data of the job. */
function idsIn(data: object | undefined): Fields {
  const named = Object.entries(data ?? {}).filter(([name, value]) => name.endsWith('_id') && isId(value));
  return Object.fromEntries(named);
}

const reported = new WeakSet<Error>();

/**
 * Runs work in a context to its end. It logs success at debug, and a failure at warn: once, where it came from, however many
 * contexts the error passes on its way up.
 */
export async function runLogged<Result>(
  own: RequestContext,
  log: Logger,
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  return own.run(async () => {
    try {
      const result = await work();
      log.debug({ msg: `${what} done`, ms: own.ms });
      own.end();
      return result;
    } catch (fault) {
      const error = fault instanceof Error ? fault : new Error(String(fault));
      if (!reported.has(error)) log.warn({ msg: `${what} failed: ${error.message}`, ms: own.ms });
      reported.add(error);
      own.end(error);
      throw error;
    }
  });
}

/** Runs work as a span of its own, if traces are on. */
export async function traced<Result>(
  name: string,
  role: SpanRole,
  fields: () => Fields,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!tracer()) return work();
  const own = RequestContext.beginPart(name, role, fields);
  try {
    const result = await own.run(work);
    own.end();
    return result;
  } catch (error) {
    own.end(error as Error);
    throw error;
  }
}
