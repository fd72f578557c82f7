import { AppConfig } from '#platform';
import { BullModule } from '@nestjs/bull';
import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ANALYTICS_EVENT_MODEL, analyticsEventSchema } from './analytics-event.schema.js';
import { AnalyticsEventStore } from './analytics-event.store.js';
import { ForwardProcessor } from './forward.processor.js';
import { analyticsForward, ForwardQueue } from './forward.queue.js';
import { TrackProcessor } from './track.processor.js';
import { analyticsTrack, TrackQueue } from './track-queue.js';

/** The queues of analytics. */
export const analyticsQueues = [analyticsTrack, analyticsForward];

/** The track job: who queues it, who works it off and who hands it on, for the worker. */
@Module({
  imports: [
    BullModule.registerQueue(...analyticsQueues.map((name) => ({ name }))),
    MongooseModule.forFeatureAsync([
      {
        name: ANALYTICS_EVENT_MODEL,
        inject: [AppConfig],
        useFactory: ({ analytics }: AppConfig) => analyticsEventSchema(analytics.ttlDays),
      },
    ]),
  ],
  providers: [TrackQueue, ForwardQueue, TrackProcessor, ForwardProcessor, AnalyticsEventStore],
  exports: [TrackQueue],
})
export class AnalyticsWorkerModule {}
