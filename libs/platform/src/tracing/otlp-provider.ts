import type { Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

/** Registers OpenTelemetry's SDK: spans go in batches by OTLP over HTTP; it reads endpoint, headers and sampling from OTEL_*. */
export function registerOtlpProvider(service: string): { tracer: Tracer; shutdown: () => Promise<void> } {
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': service }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  // The context manager is registered already, by tracing.ts.
  provider.register({ contextManager: null });
  return { tracer: provider.getTracer('goalpost'), shutdown: () => provider.shutdown() };
}
