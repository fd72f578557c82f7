import type { RtcSource } from '#contracts';
import { toObjectId } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { RTC_SNAPSHOT_MODEL, type RtcSnapshotRecord } from './rtc-snapshot.schema.js';

/** All reads and writes of the collection `rtc_snapshot`. */
@Injectable()
export class RtcSnapshotStore {
  constructor(@InjectModel(RTC_SNAPSHOT_MODEL) private readonly snapshots: Model<RtcSnapshotRecord>) {}

  /** Whether the goal has its snapshot. */
  async has(goalId: string): Promise<boolean> {
    return (await this.snapshots.exists({ _id: toObjectId(goalId) })) !== null;
  }

  /** Keeps the snapshot of a goal; the first one stands. */
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
