import type { Span } from '@opentelemetry/api';

/** What a log line or a span says of itself, beside its words. */
export type Fields = Record<string, string | number>;

/** The part that a span plays: it serves a request, works off a job, calls another server, or does something in between. */
export type SpanRole = 'server' | 'consumer' | 'client' | 'internal';

/** A place in a trace as it travels between processes: the headers of W3C Trace Context. */
export interface TraceHeaders {
  traceparent?: string;
  tracestate?: string;
}

/** What a span comes from: a span of this process, or one of another process that it goes on from or is linked to. */
export type SpanOrigin = { parent: Span } | { parent: TraceHeaders } | { link: TraceHeaders };

/** Makes spans and hands them to a collector. */
export interface Tracing {
  start(name: string, role: SpanRole, origin?: SpanOrigin): Span;
  /** Ends a span, with the fields of its story, and as failed where there is an error. */
  end(span: Span, fields: Fields, error?: Error): void;
  headersOf(span: Span): TraceHeaders;
  /** Sends what is not sent yet. */
  stop(): Promise<void>;
}
