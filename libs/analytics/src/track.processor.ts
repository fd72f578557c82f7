import { AppConfig, JobWorkers, PermanentError } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Queue } from 'bull';
import { AnalyticsEventStore } from './analytics-event.store.js';
import { ForwardQueue } from './forward.queue.js';
import { analyticsTrack, type Fact, isFact, type TrackJob, TrackQueue } from './track-queue.js';

/** Works off the jobs `analytics.track`: keeps each fact, and queues it for the analytics service where there is one. */
@Injectable()
export class TrackProcessor implements OnModuleInit {
  constructor(
    private readonly workers: JobWorkers,
    @InjectQueue(analyticsTrack) private readonly queue: Queue<TrackJob>,
    private readonly config: AppConfig,
    private readonly events: AnalyticsEventStore,
    private readonly forward: ForwardQueue,
    private readonly jobs: TrackQueue,
  ) {}

  onModuleInit(): void {
    this.workers.register({
      queue: this.queue,
      name: analyticsTrack,
      isReadable: ({ facts }) => facts.length > 1 || facts.every(isFact),
      run: ({ data }) => this.run(data),
    });
  }

  /** What cannot be kept of several facts goes on alone, so that the others are neither tried again nor dead with it. */
  private async run({ facts }: TrackJob): Promise<void> {
    const outcomes = await Promise.allSettled(facts.map((fact) => this.keep(fact)));
    const failed = facts.filter((_, index) => outcomes[index]?.status === 'rejected');
    const [lone] = outcomes;
    if (facts.length > 1) await Promise.all(failed.map((fact) => this.jobs.addAlone(fact)));
    else if (lone?.status === 'rejected') throw lone.reason;
  }

  private async keep(fact: Fact): Promise<void> {
    if (!isFact(fact)) throw new PermanentError('not a fact');
    await this.events.add(fact);
    if (this.config.analytics.url) await this.forward.add(fact);
  }
}
