import { Injectable, Logger } from '@nestjs/common';
import { Counter, Histogram, Registry } from 'prom-client';
import { runPart } from '../tracing/run-part.js';
import type { Fields } from '../tracing/spans.js';
import { Story } from '../tracing/story.js';
import type { DurableEvent } from './durable-event.js';

/** Sees what each receiver does: how long it takes, whether it fails, and which event it was for. */
@Injectable()
export class ReceiverWatch {
  private readonly logger = new Logger('Receivers');
  private readonly duration: Histogram<'receiver'>;
  private readonly failures: Counter<'receiver'>;

  constructor(registry: Registry) {
    this.duration = new Histogram({
      name: 'goalpost_receiver_duration_seconds',
      help: 'How long receivers take for an event, whether it goes well or not',
      labelNames: ['receiver'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    });
    this.failures = new Counter({
      name: 'goalpost_receiver_failures_total',
      help: 'Tries of receivers that failed',
      labelNames: ['receiver'],
      registers: [registry],
    });
  }

  /** Lets a receiver work. */
  async run(event: DurableEvent, receiver: string, receive: () => Promise<void>): Promise<void> {
    const story = Story.beginPart(receiver, 'internal', () => ({ ...fieldsOf(event), receiver }));
    try {
      await runPart(story, this.logger, 'receiver', receive);
    } catch (error) {
      this.failures.inc({ receiver });
      throw error;
    } finally {
      this.duration.observe({ receiver }, story.ms / 1000);
    }
  }
}

/** An event as a line names it; what happened to a goal has a goal_id. */
export function fieldsOf({ id, type, subject }: DurableEvent): Fields {
  const [noun = ''] = type.split('.');
  return { event: type, event_id: id, [`${noun}_id`]: subject };
}
