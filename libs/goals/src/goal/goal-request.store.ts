import type { GoalClass, NewGoal } from '#contracts';
import {
  batchOfReads,
  batchOfWrites,
  Batcher,
  type BatchOutcome,
  inBatches,
  insertAll,
  toObjectId,
} from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, Types } from 'mongoose';
import { createGoalJobs } from './create-goal.queue.js';
import { GOAL_REQUEST_MODEL, type GoalRequestRecord } from './goal-request.schema.js';

/** So many requests are read at once by the sweep. */
const batchOfUnstored = 200;

/**
 * All reads and writes of the collection `goal_request`: what is accepted and perhaps not stored yet. The id of a record is the
 * place that the goal claims, so that of all requests that race for a place one is accepted.
 */
@Injectable()
export class GoalRequestStore {
  private readonly claims: Batcher<GoalRequestRecord, GoalRequestRecord>;
  private readonly reads: Batcher<Types.ObjectId, GoalRequestRecord | undefined>;

  constructor(@InjectModel(GOAL_REQUEST_MODEL) private readonly requests: Model<GoalRequestRecord>) {
    this.claims = new Batcher((records) => this.insertOrFind(records), batchOfWrites);
    this.reads = new Batcher((goalIds) => this.findAll(goalIds), batchOfReads);
  }

  /** Stores a request unless its place is claimed; resolves with the request that has the place now. May be repeated. */
  claim(place: string, goal: NewGoal, acceptedAt: Date): Promise<GoalRequestRecord> {
    return this.claims.add(requestOf(place, goal, acceptedAt));
  }

  /** Gives the place of a request to another goal; undefined if the place has changed hands meanwhile. */
  async takeOver(
    holder: GoalRequestRecord,
    goal: NewGoal,
    acceptedAt: Date,
  ): Promise<GoalRequestRecord | undefined> {
    const request = requestOf(holder._id, goal, acceptedAt);
    const { _id, ...fields } = request;
    const { matchedCount } = await this.requests.replaceOne({ _id, goal_id: holder.goal_id }, fields);
    return matchedCount === 1 ? request : undefined;
  }

  /** The request for a goal; undefined if there is none, or none any more. */
  find(goalId: string): Promise<GoalRequestRecord | undefined> {
    return this.reads.add(toObjectId(goalId));
  }

  /** Gives up the place of a goal. */
  async release(goalId: string): Promise<void> {
    const { _id, goal_id } = (await this.find(goalId)) ?? {};
    if (_id !== undefined) await this.requests.deleteOne({ _id, goal_id });
  }

  /** Notes why a goal could not be stored. May be repeated. */
  async markFailed(goalId: string, failed: GoalRequestRecord['failed']): Promise<void> {
    const { _id, goal_id } = (await this.find(goalId)) ?? {};
    if (_id !== undefined) await this.requests.updateOne({ _id, goal_id }, { $set: { failed } });
  }

  /**
   * Requests that were accepted before a moment and are not settled, oldest first, in batches; those that are postponed
   * beyond `now` are left out if it is given.
   */
  unstored(before: Date, now?: Date): AsyncIterable<GoalRequestRecord[]> {
    const found = this.requests
      .find({
        stored: null,
        accepted_at: { $lt: before },
        ...(now && { look_at: { $not: { $gt: now } } }),
      })
      .sort({ accepted_at: 1 })
      .lean<GoalRequestRecord>();
    return inBatches(found.cursor({ batchSize: batchOfUnstored }), batchOfUnstored);
  }

  /** Has requests whose goals lack something looked at again later. */
  async postpone(looks: { request: GoalRequestRecord; until: Date }[]): Promise<void> {
    if (looks.length === 0) return;
    await this.requests.bulkWrite(
      looks.map(({ request: { _id, goal_id }, until }) => ({
        updateOne: { filter: { _id, goal_id }, update: { $set: { look_at: until }, $inc: { looks: 1 } } },
      })),
      { ordered: false },
    );
  }

  /** The goals of a session that have a request and are not known to be stored, each with its class, if that can be read. */
  async waitingIn(sessionId: string): Promise<Map<string, GoalClass | undefined>> {
    const found = await this.requests
      .find({ 'goal.conditions.session_id': sessionId, stored: null }, { goal_id: 1, 'goal._cls': 1 })
      .lean<GoalRequestRecord[]>();
    return new Map(found.map(({ goal_id, goal }) => [goal_id.toHexString(), goal?._cls]));
  }

  /** Those of these goals that have a request and are not known to be stored. */
  async waiting(goalIds: string[]): Promise<Set<string>> {
    const found = await this.requests
      .find({ goal_id: { $in: goalIds.map(toObjectId) }, stored: null }, { goal_id: 1 })
      .lean<Pick<GoalRequestRecord, 'goal_id'>[]>();
    return new Set(found.map(({ goal_id }) => goal_id.toHexString()));
  }

  /** Notes that the goals of these requests are stored and had their effect: what claims a place keeps it, what claims none is deleted. */
  async settle(stored: GoalRequestRecord[]): Promise<void> {
    const isPlace = ({ _id, goal_id }: GoalRequestRecord) => _id !== goal_id.toHexString();
    const places = stored.filter(isPlace);
    const others = stored.filter((one) => !isPlace(one)).map(({ _id }) => _id);
    if (others.length > 0) await this.requests.deleteMany({ _id: { $in: others } });
    if (places.length === 0) return;
    const update = { $set: { stored: true }, $unset: { failed: 1, look_at: 1, looks: 1 } };
    await this.requests.bulkWrite(
      places.map(({ _id, goal_id }) => ({ updateOne: { filter: { _id, goal_id }, update } })),
      { ordered: false },
    );
  }

  private async insertOrFind(records: GoalRequestRecord[]): Promise<BatchOutcome<GoalRequestRecord>[]> {
    const outcomes = await insertAll(this.requests.collection, records);
    const isClaimed = (index: number) => 'value' in outcomes[index]! && !outcomes[index].value;
    const claimed = records.filter((_, index) => isClaimed(index)).map(({ _id }) => _id);
    if (claimed.length === 0) return records.map((record, index) => withValue(outcomes[index]!, record));
    const found = await this.requests.find({ _id: { $in: claimed } }).lean<GoalRequestRecord[]>();
    const holders = new Map(found.map((holder) => [holder._id, holder]));
    return records.map((record, index) => {
      const holder = isClaimed(index) ? holders.get(record._id) : record;
      // Its holder has given the place up between the two calls.
      if (!holder) return { error: new Error(`the place ${record._id} has just been given up`) };
      return withValue(outcomes[index]!, holder);
    });
  }

  private async findAll(goalIds: Types.ObjectId[]): Promise<BatchOutcome<GoalRequestRecord | undefined>[]> {
    const found = await this.requests.find({ goal_id: { $in: goalIds } }).lean<GoalRequestRecord[]>();
    const byGoal = new Map(found.map((record) => [record.goal_id.toHexString(), record]));
    return goalIds.map((goalId) => ({ value: byGoal.get(goalId.toHexString()) }));
  }
}

const withValue = <Value>(outcome: BatchOutcome<unknown>, value: Value): BatchOutcome<Value> =>
  'error' in outcome ? outcome : { value };

const requestOf = (place: string, goal: NewGoal, accepted_at: Date): GoalRequestRecord => ({
  _id: place,
  goal_id: toObjectId(goal.goal_id),
  v: createGoalJobs.version,
  goal,
  accepted_at,
});
