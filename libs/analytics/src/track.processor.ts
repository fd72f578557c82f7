import { AppConfig, JobWorkers, PermanentError } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Queue } from 'bull';
import { AnalyticsEventStore } from './analytics-event.store.js';
import { ForwardQueue } from './forward.processor.js';
import {
  type AnalyticsEvent,
  analyticsTrack,
  isAnalyticsEvent,
  type TrackJob,
  TrackQueue,
} from './track.queue.js';

/** Processes the jobs `analytics.track`: stores each event, and queues it for the analytics service if there is one. */
@Injectable()
export class TrackProcessor implements OnModuleInit {
  constructor(
    private readonly workers: JobWorkers,
    @InjectQueue(analyticsTrack) private readonly queue: Queue<TrackJob>,
    private readonly config: AppConfig,
    private readonly store: AnalyticsEventStore,
    private readonly forward: ForwardQueue,
    private readonly jobs: TrackQueue,
  ) {}

  onModuleInit(): void {
    this.workers.register({
      queue: this.queue,
      name: analyticsTrack,
      isReadable: ({ events }) => events.length > 1 || events.every(isAnalyticsEvent),
      run: ({ data }) => this.run(data),
    });
  }

  /** An event that fails among others gets a job of its own, so that it alone is retried or dead. */
  private async run({ events }: TrackJob): Promise<void> {
    const outcomes = await Promise.allSettled(events.map((event) => this.track(event)));
    const failed = events.filter((_, index) => outcomes[index]?.status === 'rejected');
    const [first] = outcomes;
    if (events.length > 1) await Promise.all(failed.map((event) => this.jobs.addAlone(event)));
    else if (first?.status === 'rejected') throw first.reason;
  }

  private async track(event: AnalyticsEvent): Promise<void> {
    if (!isAnalyticsEvent(event)) throw new PermanentError('not an analytics event');
    await this.store.add(event);
    if (this.config.analytics.url) await this.forward.add(event);
  }
}
