import { BullModule } from '@nestjs/bull';
import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ANALYTICS_EVENT_MODEL, analyticsEventSchema, AnalyticsEventStore } from './analytics-event.store.js';
import { analyticsForward, ForwardProcessor, ForwardQueue } from './forward.processor.js';
import { TrackProcessor, analyticsTrack, TrackQueue } from './track.processor.js';
import { AnalyticsConfig } from './analytics.config.js';

/** The queues of analytics. */
export const analyticsQueues = [analyticsTrack, analyticsForward];

/** The queues and processors of analytics, for the worker. */
@Module({
  imports: [
    BullModule.registerQueue(...analyticsQueues.map((name) => ({ name }))),
    MongooseModule.forFeatureAsync([
      {
        name: ANALYTICS_EVENT_MODEL,
        inject: [AnalyticsConfig],
        useFactory: ({ ttlDays }: AnalyticsConfig) => analyticsEventSchema(ttlDays),
      },
    ]),
  ],
  providers: [TrackQueue, ForwardQueue, TrackProcessor, ForwardProcessor, AnalyticsEventStore],
  exports: [TrackQueue, AnalyticsEventStore],
})
export class AnalyticsWorkerModule {}
