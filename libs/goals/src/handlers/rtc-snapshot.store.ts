import type { RtcSource } from '#contracts';
import { toObjectId } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Schema, type Types } from 'mongoose';

/** The RTC sources of a session at the moment a goal was created. */
interface RtcSnapshotRecord {
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

/** All reads and writes of the collection `rtc_snapshot`. */
@Injectable()
export class RtcSnapshotStore {
  constructor(@InjectModel(RTC_SNAPSHOT_MODEL) private readonly snapshots: Model<RtcSnapshotRecord>) {}

  /** Whether the goal has its snapshot. */
  async has(goalId: string): Promise<boolean> {
    return (await this.snapshots.exists({ _id: toObjectId(goalId) })) !== null;
  }

  /** Keeps the snapshot of a goal; later snapshots of the same goal change nothing. */
  async keep(goalId: string, sessionId: string, sources: RtcSource[]): Promise<void> {
    const _id = toObjectId(goalId);
    const fields: Omit<RtcSnapshotRecord, '_id'> = {
      goal: _id,
      session: toObjectId(sessionId),
      sources: sources.map((source) => ({ ...source, since: new Date(source.since) })),
      created_at: new Date(),
    };
    await this.snapshots.collection.updateOne({ _id }, { $setOnInsert: fields }, { upsert: true });
  }
}
