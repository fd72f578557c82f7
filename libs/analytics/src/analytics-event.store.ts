import { toObjectId } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { ANALYTICS_EVENT_MODEL, type AnalyticsEventRecord } from './analytics-event.schema.js';
import type { TrackJob } from './track-queue.js';

/** All writes of the collection `analytics_event`. */
@Injectable()
export class AnalyticsEventStore {
  constructor(@InjectModel(ANALYTICS_EVENT_MODEL) private readonly events: Model<AnalyticsEventRecord>) {}

  /** Keeps an event; one of that id that is there already stays as it is. */
  async add({ event_id, occurred_at, ...fields }: TrackJob): Promise<void> {
    await this.events.collection.updateOne(
      { _id: toObjectId(event_id) },
      { $setOnInsert: { ...fields, created_at: new Date(occurred_at) } },
      { upsert: true },
    );
  }
}
