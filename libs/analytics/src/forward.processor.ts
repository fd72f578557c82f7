import { answerError, AppConfig, Batcher, carried, JobWorkers, sendDivided } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Queue } from 'bull';
import { type AnalyticsEvent, isAnalyticsEvent } from './track.queue.js';

/** Name of the job and of its queue. */
export const analyticsForward = 'analytics.forward';

const maxBatchSize = 200;
const timeoutMs = 5_000;

/** Queues events for the analytics service. The queue is separate, so that an outage of the service delays nothing else. */
@Injectable()
export class ForwardQueue {
  constructor(@InjectQueue(analyticsForward) private readonly queue: Queue<AnalyticsEvent>) {}

  /** Queues an event; adding an event with the same id again changes nothing. */
  async add(event: AnalyticsEvent): Promise<void> {
    await this.queue.add(analyticsForward, event, { jobId: event.event_id, ...carried() });
  }
}

/**
 * Posts events to the analytics service; concurrent jobs share one body of JSON lines. If a body is refused it is divided
 * until the refused events are alone, so that only they are dead.
 */
@Injectable()
export class ForwardProcessor implements OnModuleInit {
  private readonly batcher = new Batcher<AnalyticsEvent>(
    (events) => sendDivided(events, (some) => this.post(some)),
    { size: maxBatchSize },
  );

  constructor(
    private readonly workers: JobWorkers,
    @InjectQueue(analyticsForward) private readonly queue: Queue<AnalyticsEvent>,
    private readonly config: AppConfig,
  ) {}

  onModuleInit(): void {
    if (this.config.analytics.url)
      this.workers.register({
        queue: this.queue,
        name: analyticsForward,
        isReadable: isAnalyticsEvent,
        run: ({ data }) => this.batcher.add(data),
      });
  }

  private async post(events: AnalyticsEvent[]): Promise<void> {
    const response = await fetch(this.config.analytics.url!, {
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
