import { JobWorkers } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Queue } from 'bull';
import { AnalyticsEventStore } from './analytics-event.store.js';
import { analyticsTrack, type TrackJob } from './track-queue.js';

/** Works off the jobs `analytics.track`. */
@Injectable()
export class TrackProcessor implements OnModuleInit {
  constructor(
    private readonly workers: JobWorkers,
    @InjectQueue(analyticsTrack) private readonly queue: Queue<TrackJob>,
    private readonly events: AnalyticsEventStore,
  ) {}

  onModuleInit(): void {
    this.workers.register({
      queue: this.queue,
      name: analyticsTrack,
      run: (job) => this.events.add(job.data),
    });
  }
}
