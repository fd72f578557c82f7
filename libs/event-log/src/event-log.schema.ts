import type { GoalEvent } from '#contracts';
import { Schema, type Types } from 'mongoose';

/** An event as it is stored: its envelope, its position, and what it is found by. */
export interface EventLogRecord {
  /** The event_id, so that each event is there once. */
  _id: Types.ObjectId;
  /** The position in the log. */
  seq: number;
  type: string;
  version: number;
  occurred_at: Date;
  goal_id: string;
  session_id: string;
  data: GoalEvent['data'];
  expires_at: Date;
}

/** The document from which positions are taken. */
export interface LogPositionRecord {
  _id: string;
  /** The last position that was given out. */
  seq: number;
}

export const eventLogSchema = new Schema<EventLogRecord>(
  {
    seq: { type: Number, required: true },
    type: { type: String, required: true },
    version: { type: Number, required: true },
    occurred_at: { type: Date, required: true },
    goal_id: { type: String, required: true },
    session_id: { type: String, required: true },
    data: {},
    expires_at: { type: Date, required: true },
  },
  { collection: 'event_log', versionKey: false, minimize: false },
);
eventLogSchema.index({ seq: 1 });
eventLogSchema.index({ type: 1, seq: 1 });
eventLogSchema.index({ session_id: 1, seq: 1 });
eventLogSchema.index({ goal_id: 1, seq: 1 });
eventLogSchema.index({ expires_at: 1 }, { expireAfterSeconds: 0 });

export const logPositionSchema = new Schema<LogPositionRecord>(
  { _id: { type: String, required: true }, seq: { type: Number, required: true } },
  { collection: 'event_log_position', versionKey: false },
);

export const EVENT_LOG_MODEL = 'EventLog';
export const LOG_POSITION_MODEL = 'EventLogPosition';
