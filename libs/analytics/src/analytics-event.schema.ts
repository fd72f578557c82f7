import { Schema, type Types } from 'mongoose';

/** A fact that analysts count, as it is stored. */
export interface AnalyticsEventRecord {
  /** Id of the event itself, so that a second delivery changes nothing. */
  _id: Types.ObjectId;
  event: string;
  goal_id: string;
  user_id: string | null;
  properties: object;
  created_at: Date;
}

/** The collection; with a time to live its documents are dropped that many days after they happened. */
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

export const ANALYTICS_EVENT_MODEL = 'AnalyticsEvent';
