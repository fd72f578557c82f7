import {
  answerError,
  Batcher,
  JobKind,
  type JobProcessor,
  ProcessJob,
  sendDivided,
  type Versioned,
} from '#platform';
import { InjectQueue, Processor } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Job, Queue } from 'bull';
import { type AnalyticsEvent, isAnalyticsEvent } from './analytics-event.store.js';
import { AnalyticsConfig } from './analytics.config.js';

/** Name of the job and of its queue. */
export const analyticsForward = 'analytics.forward';

/** The jobs `analytics.forward`. */
const forwardJobs = new JobKind<AnalyticsEvent>({
  name: analyticsForward,
  version: 1,
  isReadable: isAnalyticsEvent,
});

const maxBatchSize = 200;
const timeoutMs = 5_000;

/** Queues events for the analytics service. The queue is separate, so that an outage of the service delays nothing else. */
@Injectable()
export class ForwardQueue {
  constructor(@InjectQueue(analyticsForward) private readonly queue: Queue<AnalyticsEvent>) {}

  /** Queues an event; adding an event with the same id again changes nothing. */
  async add(event: AnalyticsEvent): Promise<void> {
    await forwardJobs.add(this.queue, event, { jobId: event.event_id });
  }
}

/**
 * Posts events to the analytics service; concurrent jobs share one body of JSON lines. If a body is refused it is divided
 * until the refused events are alone, so that only they are dead.
 */
@Processor(analyticsForward)
export class ForwardProcessor implements JobProcessor {
  private readonly batcher = new Batcher<AnalyticsEvent>(
    (events) => sendDivided(events, (some) => this.post(some)),
    { size: maxBatchSize },
  );

  constructor(private readonly config: AnalyticsConfig) {}

  isDisabled(): boolean {
    return !this.config.url;
  }

  @ProcessJob(forwardJobs)
  async process({ data: { v: _v, ...event } }: Job<Versioned<AnalyticsEvent>>): Promise<void> {
    await this.batcher.add(event);
  }

  private async post(events: AnalyticsEvent[]): Promise<void> {
    const response = await fetch(this.config.url!, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: events.map((event) => `${JSON.stringify(event)}\n`).join(''),
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.arrayBuffer();
    if (response.ok) return;
    throw answerError(response.status, `the analytics service answered ${response.status}`);
  }
}
