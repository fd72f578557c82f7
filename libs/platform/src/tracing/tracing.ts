import { setTimeout } from 'node:timers/promises';
import { context, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';

const stopWithinMs = 1_000;

// Registered whether traces are on or not: log lines take their request context from OpenTelemetry's context, too.
context.setGlobalContextManager(new AsyncLocalStorageContextManager());

let running: { tracer: Tracer; shutdown: () => Promise<void> } | undefined;

/** The tracer of this process; undefined if traces are off. */
export function tracer(): Tracer | undefined {
  return running?.tracer;
}

/** Starts tracing if OpenTelemetry's own variables ask for it; otherwise its SDK is not even loaded. */
export async function startTracing(service: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (!isWanted(env)) return;
  const { registerOtlpProvider } = await import('./otlp-provider.js');
  running = registerOtlpProvider(service);
}

/** Sends the spans that are not sent yet. A collector that is away neither delays the end of a process nor makes it fail. */
export async function stopTracing(): Promise<void> {
  const late = setTimeout(stopWithinMs, undefined, { ref: false });
  const stopping = running;
  running = undefined;
  await Promise.race([stopping?.shutdown().catch(() => undefined), late]);
}

function isWanted(env: NodeJS.ProcessEnv): boolean {
  if (env.OTEL_SDK_DISABLED === 'true') return false;
  if (env.OTEL_TRACES_EXPORTER) return env.OTEL_TRACES_EXPORTER.split(',').includes('otlp');
  return Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
}
