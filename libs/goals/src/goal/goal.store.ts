import type { GoalClass, GoalStatus } from '#contracts';
import { afterId, type Page, pageById, PermanentError, toObjectId } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, mongo } from 'mongoose';
import { GOAL_MODEL, type GoalRecord, storedClasses } from './goal.schema.js';

/** Which goals a list shows. */
export interface GoalFilter {
  sessionId?: string;
  goalClass?: GoalClass;
  status?: GoalStatus;
}

/** All reads and writes of the collection `goal`, but for those of its life, which have a store of their own. */
@Injectable()
export class GoalStore {
  constructor(@InjectModel(GOAL_MODEL) private readonly goals: Model<GoalRecord>) {}

  /** Stores a new goal; one of that id that is there already stays as it is. Throws PermanentError where a rule forbids it. */
  async insert(record: GoalRecord): Promise<void> {
    try {
      await this.goals.collection.insertOne(record);
    } catch (error) {
      if (!(error instanceof mongo.MongoServerError && error.code === 11000)) throw error;
      const broken = Object.keys((error.keyPattern ?? {}) as object);
      if (!broken.includes('_id')) throw new PermanentError('another goal stands there already');
    }
  }

  /** The goal, or null where there is none. */
  async find(goalId: string): Promise<GoalRecord | null> {
    return this.goals.findById(toObjectId(goalId)).lean<GoalRecord>();
  }

  /** A page of goals, oldest first, narrowed down by session, class and state. */
  async page<Item>(
    { sessionId, goalClass, status }: GoalFilter,
    { cursor, limit }: { cursor?: string; limit: number },
    toItem: (record: GoalRecord) => Item,
  ): Promise<Page<Item>> {
    const records = await this.goals
      .find({
        ...(sessionId && { 'conditions.session_id': sessionId }),
        ...(goalClass && { _cls: { $in: storedClasses(goalClass) } }),
        ...(status && withStatus(status)),
        ...afterId(cursor),
      })
      .sort({ _id: 1 })
      .limit(limit + 1)
      .lean<GoalRecord[]>();
    return pageById(records, limit, toItem);
  }

  /** Writes into the goal that opened a pair which goal is the second. May be repeated; throws PermanentError where another one stands. */
  async bindToOpener(
    openerId: string,
    field: 'show_goal_id' | 'exclusive_goal_id',
    goalId: string,
  ): Promise<void> {
    const _id = toObjectId(openerId);
    const path = `context.${field}`;
    const { matchedCount } = await this.goals.updateOne(
      { _id, [path]: null },
      { $set: { [path]: goalId }, $inc: { version: 1 } },
    );
    if (matchedCount === 0 && !(await this.goals.exists({ _id, [path]: goalId })))
      throw new PermanentError(`the goal ${openerId} is gone or has another ${field}`);
  }

  /** Goals behind an id, in the order of ids, that were created before a moment. */
  async after(goalId: string | undefined, createdBefore: Date, limit: number): Promise<GoalRecord[]> {
    return this.goals
      .find({ ...(goalId && { _id: { $gt: toObjectId(goalId) } }), created_at: { $lt: createdBefore } })
      .sort({ _id: 1 })
      .limit(limit)
      .lean<GoalRecord[]>();
  }

  /** The goals of these ids, those that there are. */
  async findAll(goalIds: string[]): Promise<GoalRecord[]> {
    return this.goals.find({ _id: { $in: goalIds.map(toObjectId) } }).lean<GoalRecord[]>();
  }

  /** Notes that a delivery died, so that the goal shows as failed. May be repeated. */
  async markFailed(goalId: string, receiver: string, reason: string): Promise<void> {
    await this.goals.updateOne(
      { _id: toObjectId(goalId), 'failures.receiver': { $ne: receiver } },
      { $push: { failures: { receiver, reason } }, $inc: { version: 1 } },
    );
  }

  /** Takes such a note back. */
  async clearFailure(goalId: string, receiver: string): Promise<void> {
    await this.goals.updateOne(
      { _id: toObjectId(goalId), 'failures.receiver': receiver },
      { $pull: { failures: { receiver } }, $inc: { version: 1 } },
    );
  }
}

/** A goal that failed keeps the state that it had; what died is noted beside it. */
function withStatus(status: GoalStatus): object {
  return status === 'failed'
    ? { 'failures.0': { $exists: true } }
    : { status, 'failures.0': { $exists: false } };
}
