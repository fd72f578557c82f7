import { BullModule } from '@nestjs/bull';
import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ANALYTICS_EVENT_MODEL, analyticsEventSchema } from './analytics-event.schema.js';
import { AnalyticsEventStore } from './analytics-event.store.js';
import { TrackProcessor } from './track.processor.js';
import { analyticsTrack, TrackQueue } from './track-queue.js';

/** The track job: who queues it and who works it off, for the worker. */
@Module({
  imports: [
    BullModule.registerQueue({ name: analyticsTrack }),
    MongooseModule.forFeature([{ name: ANALYTICS_EVENT_MODEL, schema: analyticsEventSchema }]),
  ],
  providers: [TrackQueue, TrackProcessor, AnalyticsEventStore],
  exports: [TrackQueue],
})
export class AnalyticsWorkerModule {}
