import { Batcher, type BatchOutcome, idFrom, JobKind, PermanentError, ProcessJob } from '#platform';
import { InjectQueue, Processor } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Job, Queue } from 'bull';
import { type AnalyticsEvent, AnalyticsEventStore, isAnalyticsEvent } from './analytics-event.store.js';
import { AnalyticsConfig } from './analytics.config.js';
import { ForwardQueue } from './forward.processor.js';

/** Name of the job and of its queue. */
export const analyticsTrack = 'analytics.track';

const maxBatchSize = 50;

/** Payload of the job `analytics.track`: events that were added at the same time. */
export interface TrackJob {
  events: AnalyticsEvent[];
}

/** The jobs `analytics.track`. An invalid event among others fails no other. */
const trackJobs = new JobKind<TrackJob>({
  name: analyticsTrack,
  version: 1,
  isReadable: ({ events }) => events.length > 1 || events.every(isAnalyticsEvent),
});

/** Queues events for analytics. */
@Injectable()
export class TrackQueue {
  private readonly adds = new Batcher<AnalyticsEvent>((events) => this.addAll(events), {
    size: maxBatchSize,
  });

  constructor(@InjectQueue(analyticsTrack) private readonly queue: Queue<TrackJob>) {}

  /** Resolves once the event is queued; adding an event with the same id again changes nothing. */
  add(event: AnalyticsEvent): Promise<void> {
    return this.adds.add(event);
  }

  /** Queues an event in a job of its own, even if it is invalid. */
  async addAlone(event: AnalyticsEvent): Promise<void> {
    const jobId = isAnalyticsEvent(event) ? event.event_id : idFrom(JSON.stringify(event));
    await trackJobs.add(this.queue, { events: [event] }, { jobId });
  }

  /** Whether events wait to be stored. */
  async isBusy(): Promise<boolean> {
    return (await this.queue.getWaitingCount()) > 0;
  }

  private async addAll(events: AnalyticsEvent[]): Promise<BatchOutcome<void>[]> {
    const ids = events.map(({ event_id }) => event_id);
    const jobId = ids.length === 1 ? ids[0] : idFrom(...ids);
    await trackJobs.add(this.queue, { events }, { jobId });
    return events.map(() => ({ value: undefined }));
  }
}

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
  @ProcessJob(trackJobs)
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
