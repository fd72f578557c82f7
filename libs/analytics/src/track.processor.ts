import { AppConfig, JobWorkers } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Queue } from 'bull';
import { AnalyticsEventStore } from './analytics-event.store.js';
import { ForwardQueue } from './forward.queue.js';
import { analyticsTrack, type Fact, type TrackJob } from './track-queue.js';

/** Works off the jobs `analytics.track`: keeps each fact, and queues it for the analytics service where there is one. */
@Injectable()
export class TrackProcessor implements OnModuleInit {
  constructor(
    private readonly workers: JobWorkers,
    @InjectQueue(analyticsTrack) private readonly queue: Queue<TrackJob>,
    private readonly config: AppConfig,
    private readonly events: AnalyticsEventStore,
    private readonly forward: ForwardQueue,
  ) {}

  onModuleInit(): void {
    this.workers.register({ queue: this.queue, name: analyticsTrack, run: ({ data }) => this.run(data) });
  }

  private async run({ facts }: TrackJob): Promise<void> {
    await Promise.all(facts.map((fact) => this.keep(fact)));
  }

  private async keep(fact: Fact): Promise<void> {
    await this.events.add(fact);
    if (this.config.analytics.url) await this.forward.add(fact);
  }
}
