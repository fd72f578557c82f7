import { Batcher, batchOfWrites, insertAll, isId, toObjectId } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Schema, type Types } from 'mongoose';

/** An event for the analysts. */
export interface AnalyticsEvent {
  event_id: string;
  event: string;
  goal_id: string;
  user_id: string | null;
  properties: object;
  occurred_at: string;
}

/** Whether the required fields of an event in a job are valid. */
export function isAnalyticsEvent({ event_id, event, goal_id, occurred_at }: AnalyticsEvent): boolean {
  const texts = [event, goal_id, occurred_at];
  return (
    isId(event_id) &&
    texts.every((text) => typeof text === 'string') &&
    !Number.isNaN(Date.parse(occurred_at))
  );
}

export const ANALYTICS_EVENT_MODEL = 'AnalyticsEvent';

/** An analytics event as it is stored. */
export interface AnalyticsEventRecord {
  /** The id of the event, so that a second delivery changes nothing. */
  _id: Types.ObjectId;
  event: string;
  goal_id: string;
  user_id: string | null;
  properties: object;
  created_at: Date;
}

/** The collection; MongoDB deletes its documents after this many days, if a number is given. */
export function analyticsEventSchema(ttlDays?: number): Schema<AnalyticsEventRecord> {
  const schema = new Schema<AnalyticsEventRecord>(
    {
      event: { type: String, required: true },
      goal_id: { type: String, required: true },
      user_id: String,
      properties: {},
      created_at: { type: Date, required: true },
    },
    { collection: 'analytics_event', versionKey: false },
  );
  schema.index({ created_at: 1 }, ttlDays ? { expireAfterSeconds: ttlDays * 24 * 3600 } : {});
  return schema;
}

/** All reads and writes of the collection `analytics_event`; concurrent writes share one batch. */
@Injectable()
export class AnalyticsEventStore {
  private readonly inserts: Batcher<AnalyticsEventRecord, boolean>;

  constructor(@InjectModel(ANALYTICS_EVENT_MODEL) private readonly events: Model<AnalyticsEventRecord>) {
    this.inserts = new Batcher((records) => insertAll(events.collection, records), batchOfWrites);
  }

  /** Stores an event; an existing event with this id is not changed. */
  async add({ event_id, occurred_at, ...fields }: AnalyticsEvent): Promise<void> {
    await this.inserts.add({ _id: toObjectId(event_id), ...fields, created_at: new Date(occurred_at) });
  }

  /** The ids of those events that are stored. */
  async existing(eventIds: string[]): Promise<Set<string>> {
    const found = await this.events
      .find({ _id: { $in: eventIds.map(toObjectId) } }, { _id: 1 })
      .lean<Pick<AnalyticsEventRecord, '_id'>[]>();
    return new Set(found.map(({ _id }) => _id.toHexString()));
  }
}
