import { setTimeout } from 'node:timers/promises';
import {
  type Context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { Fields, SpanOrigin, SpanRole, TraceHeaders, Tracing } from './spans.js';

const stopWithinMs = 1_000;

const kinds: Record<SpanRole, SpanKind> = {
  server: SpanKind.SERVER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
};

/** Spans by OpenTelemetry, sent in batches by OTLP over HTTP; endpoint, headers and sampling are read by the SDK from OTEL_*. */
export class OtlpTracing implements Tracing {
  private readonly provider: NodeTracerProvider;
  private readonly tracer: Tracer;

  constructor(service: string) {
    this.provider = new NodeTracerProvider({
      resource: defaultResource()
        .merge(resourceFromAttributes({ 'service.name': service }))
        .merge(detectResources({ detectors: [envDetector] })),
      spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
    });
    // Which span is at work is known by its story; a second account of that would cost without use.
    this.provider.register({ contextManager: null });
    this.tracer = this.provider.getTracer('goalpost');
  }

  start(name: string, role: SpanRole, origin: SpanOrigin = { parent: {} }): Span {
    const links = 'link' in origin ? linksTo(contextOf(origin.link)) : [];
    const parent = 'parent' in origin ? contextOf(origin.parent) : ROOT_CONTEXT;
    return this.tracer.startSpan(name, { kind: kinds[role], links }, parent);
  }

  end(span: Span, fields: Fields, error?: Error): void {
    span.setAttributes(fields);
    if (error) {
      span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    }
    span.end();
  }

  headersOf(span: Span): TraceHeaders {
    const headers: TraceHeaders = {};
    propagation.inject(trace.setSpan(ROOT_CONTEXT, span), headers);
    return headers;
  }

  /** A collector that is away neither holds up the end of a process nor makes it a failure. */
  async stop(): Promise<void> {
    const late = setTimeout(stopWithinMs, undefined, { ref: false });
    await Promise.race([this.provider.shutdown().catch(() => undefined), late]);
  }
}

function contextOf(parent: Span | TraceHeaders): Context {
  return 'spanContext' in parent
    ? trace.setSpan(ROOT_CONTEXT, parent)
    : propagation.extract(ROOT_CONTEXT, parent);
}

function linksTo(linked: Context) {
  const context = trace.getSpanContext(linked);
  return context ? [{ context }] : [];
}
