import { performance } from 'node:perf_hooks';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { context, type Span, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { Registry } from 'prom-client';
import { startTracing, stopTracing } from '../tracing/tracing.js';
import { FastPath, HandlerRunner } from './delivery.js';
import { DurableEvent } from './durable-event.js';

describe('the fast path of a delivery queue', () => {
  const succeeds = () => Promise.resolve();

  /** How much of its time the process is busy from now on. */
  const beBusy = (utilization: number) =>
    jest
      .spyOn(performance, 'eventLoopUtilization')
      .mockReturnValue({ utilization, idle: 1 - utilization, active: utilization });

  beforeEach(() => {
    jest.useFakeTimers();
    beBusy(0.1);
  });
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('is open once a handler has been fast', async () => {
    const path = new FastPath();
    expect(path.isOpen).toBe(false);
    await path.measure(succeeds);
    expect(path.isOpen).toBe(true);
  });

  it('is closed while a handler takes too long, and after it, until another one is fast', async () => {
    const path = new FastPath();
    await path.measure(succeeds);
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = path.measure(() => promise);
    expect(path.isOpen).toBe(true);
    jest.advanceTimersByTime(100);
    expect(path.isOpen).toBe(false);
    await path.measure(succeeds);
    expect(path.isOpen).toBe(false);
    resolve();
    await slow;
    expect(path.isOpen).toBe(false);
    await path.measure(succeeds);
    expect(path.isOpen).toBe(true);
  });

  it('stays open for a while if the process itself is too busy to see that a handler is done', async () => {
    const path = new FastPath();
    await path.measure(succeeds);
    beBusy(0.95);
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = path.measure(() => promise);
    jest.advanceTimersByTime(900);
    expect(path.isOpen).toBe(true);
    jest.advanceTimersByTime(100);
    expect(path.isOpen).toBe(false);
    resolve();
    await slow;
  });

  it('is closed after a handler that failed, whose error it passes on', async () => {
    const path = new FastPath();
    await path.measure(succeeds);
    await expect(path.measure(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    expect(path.isOpen).toBe(false);
  });
});

class Happened extends DurableEvent {
  readonly type = 'goal.happened';
  readonly subject = 'g1';
  readonly route = 'any';
}

describe('a run of a handler', () => {
  beforeAll(async () => {
    Logger.overrideLogger(false);
    // Nobody collects the spans, and the exporter is not to try for long.
    process.env.OTEL_EXPORTER_OTLP_TIMEOUT = '50';
    await startTracing('spec', { OTEL_TRACES_EXPORTER: 'otlp' });
  });
  afterAll(async () => {
    await stopTracing();
    trace.disable();
  });

  it('is the parent of the spans that an instrumentation starts within it', async () => {
    const spans: (Span | undefined)[] = [];
    const handle = async () => {
      await Promise.resolve();
      const child = trace.getTracer('mongodb').startSpan('find');
      spans.push(trace.getSpan(context.active()), child);
      child.end();
    };
    const handler = { name: 'feed', eventTypes: [], instance: { handle } };
    await new HandlerRunner(new Registry()).run(new Happened({}), handler);
    const [run, find] = spans as unknown as ReadableSpan[];
    expect(run).toMatchObject({ name: 'feed', attributes: { handler: 'feed', goal_id: 'g1' } });
    expect(find?.parentSpanContext?.spanId).toBe(run?.spanContext().spanId);
  });
});
