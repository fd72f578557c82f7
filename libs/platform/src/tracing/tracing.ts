import type { Tracing } from './spans.js';

let running: Tracing | undefined;

/** The tracing of this process; undefined while nobody asked for traces. */
export function tracing(): Tracing | undefined {
  return running;
}

/** Begins to trace where the environment asks for it by OpenTelemetry's own variables; else its SDK is not even loaded. */
export async function startTracing(service: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (!isWanted(env)) return;
  const { OtlpTracing } = await import('./otlp-tracing.js');
  running = new OtlpTracing(service);
}

function isWanted(env: NodeJS.ProcessEnv): boolean {
  if (env.OTEL_SDK_DISABLED === 'true') return false;
  if (env.OTEL_TRACES_EXPORTER) return env.OTEL_TRACES_EXPORTER.split(',').includes('otlp');
  return Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
}
