import { Batcher, type BatchOutcome, toObjectId } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, mongo } from 'mongoose';
import { ANALYTICS_EVENT_MODEL, type AnalyticsEventRecord } from './analytics-event.schema.js';
import type { TrackJob } from './track-queue.js';

const largestBatch = 200;
const duplicateKey = 11000;

/** All writes of the collection `analytics_event`, those in flight together in one batch. */
@Injectable()
export class AnalyticsEventStore {
  private readonly batcher = new Batcher<TrackJob>((jobs) => this.insert(jobs), largestBatch);

  constructor(@InjectModel(ANALYTICS_EVENT_MODEL) private readonly events: Model<AnalyticsEventRecord>) {}

  /** Keeps an event; one of that id that is there already stays as it is. */
  add(job: TrackJob): Promise<void> {
    return this.batcher.add(job);
  }

  private async insert(jobs: TrackJob[]): Promise<BatchOutcome<void>[]> {
    const outcomes: BatchOutcome<void>[] = jobs.map(() => ({ value: undefined }));
    try {
      await this.events.collection.insertMany(jobs.map(recordOf), { ordered: false });
    } catch (error) {
      if (!(error instanceof mongo.MongoBulkWriteError)) throw error;
      for (const fault of [error.writeErrors].flat())
        if (fault.code !== duplicateKey) outcomes[fault.index] = { error: new Error(fault.errmsg) };
    }
    return outcomes;
  }
}

function recordOf({ event_id, occurred_at, ...fields }: TrackJob): AnalyticsEventRecord {
  return { _id: toObjectId(event_id), ...fields, created_at: new Date(occurred_at) };
}
