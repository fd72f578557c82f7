import { Logger } from '@nestjs/common';
import {
  type Context,
  context,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { Job } from 'bull';
import { isId } from '../mongo/object-id.js';
import { tracer } from './tracing.js';

/** What a log line or a span says beside its message. */
export type Fields = Record<string, string | number>;

/** The kinds of spans: of a request, of a job, of a call to another server, of something in between. */
export type SpanRole = 'server' | 'consumer' | 'client' | 'internal';

/** A place in a trace as it travels between processes: the headers of W3C Trace Context. */
export interface TraceHeaders {
  traceparent?: string;
  tracestate?: string;
}

/** The context of a job's origin, as the job keeps it. */
export interface TraceContext extends TraceHeaders {
  request_id?: string;
}

/** How a request context begins. */
export interface RequestContextOptions {
  requestId?: string;
  /** Called when a line or a span needs them. */
  fields: () => Fields;
  /** Its span, and what that continues or is linked to; absent if it is not to be traced. */
  span?: { name: string; role: SpanRole; parent?: TraceHeaders; link?: TraceHeaders };
}

const kinds: Record<SpanRole, SpanKind> = {
  server: SpanKind.SERVER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
};

const key = createContextKey('goalpost request context');

/**
 * The context of a request and of all that it causes: the request itself, a job, the run of a handler. Every line that is
 * logged within it carries its fields, and it is a span if traces are on. It lives in OpenTelemetry's context, so that
 * instrumentation of others finds its span as the parent.
 */
export class RequestContext {
  private readonly begunAt = performance.now();
  private readonly noted: Fields = {};
  private readonly context: Context;
  private known?: Fields;

  private constructor(
    readonly requestId: string | undefined,
    private readonly ownFields: () => Fields,
    base: Context,
    private readonly span?: Span,
    private readonly whole?: RequestContext,
    private readonly forwarded: TraceHeaders = {},
  ) {
    this.context = (span ? trace.setSpan(base, span) : base).setValue(key, this);
  }

  /** The one that this code runs in. */
  static get current(): RequestContext | undefined {
    return context.active().getValue(key) as RequestContext | undefined;
  }

  /** Begins where nothing of this process was before: at a request, a message, a job. */
  static begin({ requestId, fields, span }: RequestContextOptions): RequestContext {
    const ours = tracer();
    if (!span || !ours)
      return new RequestContext(
        requestId,
        fields,
        ROOT_CONTEXT,
        undefined,
        undefined,
        validHeaders(span?.parent),
      );
    const { name, role, parent, link } = span;
    const base = parent ? propagation.extract(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
    const linked = link && trace.getSpanContext(propagation.extract(ROOT_CONTEXT, link));
    const links = linked ? [{ context: linked }] : [];
    return new RequestContext(
      requestId,
      fields,
      base,
      ours.startSpan(name, { kind: kinds[role], links }, base),
    );
  }

  /** Begins a part of the one that this code runs in. */
  static beginPart(name: string, role: SpanRole, fields: () => Fields): RequestContext {
    const whole = RequestContext.current;
    const base = context.active();
    const span = tracer()?.startSpan(name, { kind: kinds[role] }, base);
    return new RequestContext(whole?.requestId, fields, base, span, whole, whole?.forwarded);
  }

  /** Adds to the current one what was found out on the way. */
  static note(fields: Fields): void {
    const { current } = RequestContext;
    if (!current) return;
    Object.assign(current.noted, fields);
    current.known = undefined;
  }

  /** What its lines carry. */
  get fields(): Fields {
    this.known ??= {
      ...this.whole?.fields,
      ...(this.requestId !== undefined && { request_id: this.requestId }),
      ...(this.span && { trace_id: this.span.spanContext().traceId }),
      ...this.ownFields(),
      ...this.noted,
    };
    return this.known;
  }

  /** Whether it is a span that has to be ended. */
  get isTraced(): boolean {
    return this.span !== undefined;
  }

  /** For how long it has been going on, in milliseconds. */
  get ms(): number {
    return Math.round((performance.now() - this.begunAt) * 100) / 100;
  }

  /**
   * What a job keeps that is added within it, and what events carry. If traces are off here, a trace that has come with the
   * request is passed on as it came, so that it goes on behind goalpost.
   */
  get traceContext(): TraceContext {
    const headers: TraceHeaders = { ...this.forwarded };
    if (this.span) propagation.inject(this.context, headers);
    return { ...(this.requestId !== undefined && { request_id: this.requestId }), ...headers };
  }

  /** Runs work in another context, or in none. */
  static runIn<Result>(other: RequestContext | undefined, work: () => Result): Result {
    return context.with(other?.context ?? ROOT_CONTEXT, work);
  }

  /** Runs work in it. */
  run<Result>(work: () => Result): Result {
    return context.with(this.context, work);
  }

  /** Ends its span, as failed if there is an error. */
  end(error?: Error): void {
    if (!this.span) return;
    this.span.setAttributes(this.fields);
    if (error) {
      this.span.recordException(error);
      this.span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    }
    this.span.end();
  }
}

const traceparentForm = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const tracestateForm = /^[\x20-\x7e]{1,512}$/;

/** What of these headers may be passed on: a tracestate means nothing without its traceparent. */
function validHeaders({ traceparent, tracestate }: TraceHeaders = {}): TraceHeaders {
  if (!traceparent || !traceparentForm.test(traceparent)) return {};
  return { traceparent, ...(tracestate && tracestateForm.test(tracestate) && { tracestate }) };
}

/** For the options of a job: the request context that it is added in. */
export function jobContext(): { traceContext?: TraceContext } {
  const { current } = RequestContext;
  return current ? { traceContext: current.traceContext } : {};
}

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
