import { toObjectId, type Transaction } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { changedNow, GOAL_MODEL, type GoalRecord, unchanged } from './goal.schema.js';

/** Reads and writes how long shows in seconds were performed. */
@Injectable()
export class PerformanceStore {
  constructor(@InjectModel(GOAL_MODEL) private readonly goals: Model<GoalRecord>) {}

  /** The show as a transaction sees it, or as it is; null if there is none. */
  read(goalId: string, transaction?: Transaction): Promise<GoalRecord | null> {
    return this.goals
      .findById(toObjectId(goalId))
      .session(transaction ?? null)
      .lean<GoalRecord>();
  }

  /** Writes how far a show is by now, unless it was changed since it was read: then the result is false. */
  async write(show: GoalRecord, fields: Partial<GoalRecord>, transaction?: Transaction): Promise<boolean> {
    const { matchedCount } = await this.goals.collection.updateOne(
      unchanged(show),
      { $set: { ...fields, ...changedNow() }, $inc: { version: 1 } },
      { session: transaction },
    );
    return matchedCount === 1;
  }

  /** Ids of the shows that are live. */
  async *live(): AsyncGenerator<string> {
    const shows = this.goals
      .find({ 'performance.state': 'live' }, { _id: 1 })
      .lean<Pick<GoalRecord, '_id'>>()
      .cursor();
    for await (const { _id } of shows) yield _id.toHexString();
  }
}
