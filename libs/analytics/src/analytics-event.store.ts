import { Batcher, batchOfWrites, insertAll, toObjectId } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { ANALYTICS_EVENT_MODEL, type AnalyticsEventRecord } from './analytics-event.schema.js';
import type { Fact } from './track-queue.js';

/** All writes of the collection `analytics_event`, those in flight together in one batch. */
@Injectable()
export class AnalyticsEventStore {
  private readonly inserts: Batcher<AnalyticsEventRecord>;

  constructor(@InjectModel(ANALYTICS_EVENT_MODEL) events: Model<AnalyticsEventRecord>) {
    this.inserts = new Batcher((records) => insertAll(events.collection, records), batchOfWrites);
  }

  /** Keeps an event; one of that id that is there already stays as it is. */
  add({ event_id, occurred_at, ...fields }: Fact): Promise<void> {
    return this.inserts.add({ _id: toObjectId(event_id), ...fields, created_at: new Date(occurred_at) });
  }
}
