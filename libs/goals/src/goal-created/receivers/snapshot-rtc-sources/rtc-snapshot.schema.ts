import { Schema, type Types } from 'mongoose';

/** The RTC sources of a session at the moment a goal was created. */
export interface RtcSnapshotRecord {
  /** The goal's id, so that a goal has one snapshot. */
  _id: Types.ObjectId;
  goal: Types.ObjectId;
  session: Types.ObjectId;
  sources: { publisher_id: string; kind: string; track: string; since: Date }[];
  created_at: Date;
}

const reference = { type: Schema.Types.ObjectId, required: true };

export const rtcSnapshotSchema = new Schema<RtcSnapshotRecord>(
  {
    goal: reference,
    session: reference,
    sources: [{ _id: false, publisher_id: String, kind: String, track: String, since: Date }],
    created_at: { type: Date, required: true },
  },
  { collection: 'rtc_snapshot', versionKey: false },
);

export const RTC_SNAPSHOT_MODEL = 'RtcSnapshot';
