import { PermanentError, ProcessJob } from '#platform';
import { Processor } from '@nestjs/bull';
import type { Job } from 'bull';
import { AnalyticsEventStore } from './analytics-event.store.js';
import { ForwardQueue } from './forward.processor.js';
import {
  type AnalyticsEvent,
  analyticsTrack,
  isAnalyticsEvent,
  type TrackJob,
  TrackQueue,
} from './track.queue.js';
import { AnalyticsConfig } from './analytics.config.js';

/** Processes the jobs `analytics.track`: stores each event, and queues it for the analytics service if there is one. */
@Processor(analyticsTrack)
export class TrackProcessor {
  constructor(
    private readonly config: AnalyticsConfig,
    private readonly store: AnalyticsEventStore,
    private readonly forward: ForwardQueue,
    private readonly jobs: TrackQueue,
  ) {}

  /** An event that fails among others gets a job of its own, so that it alone is retried or dead. */
  @ProcessJob({ isReadable: ({ events }: TrackJob) => events.length > 1 || events.every(isAnalyticsEvent) })
  async process({ data: { events } }: Job<TrackJob>): Promise<void> {
    const outcomes = await Promise.allSettled(events.map((event) => this.track(event)));
    const failed = events.filter((_, index) => outcomes[index]?.status === 'rejected');
    const [first] = outcomes;
    if (events.length > 1) await Promise.all(failed.map((event) => this.jobs.addAlone(event)));
    else if (first?.status === 'rejected') throw first.reason;
  }

  private async track(event: AnalyticsEvent): Promise<void> {
    if (!isAnalyticsEvent(event)) throw new PermanentError('not an analytics event');
    await this.store.add(event);
    if (this.config.url) await this.forward.add(event);
  }
}
