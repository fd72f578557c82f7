import { after, PermanentError, type Page, pageOf, toObjectId } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, mongo } from 'mongoose';
import { GOAL_MODEL, type GoalRecord } from './goal.schema.js';

/** All reads and writes of the collection `goal`. */
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
      if (!broken.includes('_id')) throw new PermanentError('the funding goal already has its show goal');
    }
  }

  /** The goal, or null where there is none. */
  async find(goalId: string): Promise<GoalRecord | null> {
    return this.goals.findById(toObjectId(goalId)).lean<GoalRecord>();
  }

  /** A page of a session's goals, oldest first. */
  async pageOfSession<Item>(
    sessionId: string,
    { cursor, limit }: { cursor?: string; limit: number },
    toItem: (record: GoalRecord) => Item,
  ): Promise<Page<Item>> {
    const records = await this.goals
      .find({ 'conditions.session_id': sessionId, ...after(cursor, 1) })
      .sort({ created_at: 1, _id: 1 })
      .limit(limit + 1)
      .lean<GoalRecord[]>();
    return pageOf(records, limit, toItem);
  }

  /** Writes into a funding goal which show it paid for. May be repeated; throws PermanentError where another one stands. */
  async bindShowToFunding(fundingGoalId: string, showGoalId: string): Promise<void> {
    const _id = toObjectId(fundingGoalId);
    const { matchedCount } = await this.goals.updateOne(
      { _id, 'context.show_goal_id': null },
      { $set: { 'context.show_goal_id': showGoalId }, $inc: { version: 1 } },
    );
    if (matchedCount === 0 && !(await this.goals.exists({ _id, 'context.show_goal_id': showGoalId })))
      throw new PermanentError(`the funding goal ${fundingGoalId} is gone or has another show goal`);
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
