import { type GoalClass, goalClasses, type GoalStatus } from '#contracts';
import {
  afterId,
  batchOfReads,
  batchOfWrites,
  Batcher,
  type BatchOutcome,
  findByIds,
  firstIdOf,
  inBatches,
  insertAll,
  type Page,
  pageById,
  PermanentError,
  toObjectId,
  type Transaction,
  updateAll,
} from '#platform';
import type { PairOpener } from '#sessions';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, Types } from 'mongoose';
import { GOAL_MODEL, type GoalFailure, type GoalRecord, storedClasses } from './goal.schema.js';

/** Older goals are not looked at for changes: nearly all are over by then. */
const changesForMs = 48 * 3600_000;

const batchOfChanged = 200;

/** Which goal is to stand where in the goal that opened its pair. */
interface OpenerBinding {
  openerId: string;
  path: string;
  goalId: string;
}

/** Which goals a list shows. */
export interface GoalFilter {
  sessionId?: string;
  goalClass?: GoalClass;
  status?: GoalStatus;
}

/** The part of a goal that says whether it is over. */
export type StoredLifespan = Pick<GoalRecord, '_id' | 'status' | 'active' | 'exp' | 'released'>;

/** All reads and writes of the collection `goal`, but for those of its life, which have a store of their own. */
@Injectable()
export class GoalStore {
  private readonly inserts: Batcher<GoalRecord, boolean>;
  private readonly openers: Batcher<OpenerBinding, boolean>;
  private readonly reads: Batcher<Types.ObjectId, GoalRecord | null>;

  constructor(@InjectModel(GOAL_MODEL) private readonly goals: Model<GoalRecord>) {
    this.inserts = new Batcher((records) => insertAll(goals.collection, records), batchOfWrites);
    this.openers = new Batcher((bindings) => this.writeToOpeners(bindings), batchOfWrites);
    this.reads = new Batcher((ids) => findByIds(goals.collection, ids), batchOfReads);
  }

  /** Stores a new goal; one of that id that is there already stays as it is. Returns whether it is new. */
  insert(record: GoalRecord): Promise<boolean> {
    return this.inserts.add(record);
  }

  /** Stores a new goal in a transaction. Throws an error of a duplicate key if one of that id is there already. */
  async insertIn(record: GoalRecord, transaction: Transaction): Promise<void> {
    await this.goals.collection.insertOne(record, { session: transaction });
  }

  /** The goal, or null if there is none. */
  find(goalId: string): Promise<GoalRecord | null> {
    return this.reads.add(toObjectId(goalId));
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
        ...(status && withStatus(status, goalClass)),
        ...afterId(cursor),
      })
      .sort({ _id: 1 })
      .limit(limit + 1)
      .lean<GoalRecord[]>();
    return pageById(records, limit, toItem);
  }

  /** Writes into the goal that opened a pair which goal completes it. May be repeated. Throws a PermanentError if another one does. */
  async bindToOpener(openerId: string, field: PairOpener['boundAs'], goalId: string): Promise<void> {
    const isBound = await this.openers.add({ openerId, path: `context.${field}`, goalId });
    if (!isBound) throw new PermanentError(`the goal ${openerId} is gone or has another ${field}`);
  }

  /** Writes all of them in one call. If one did not find its place free, the openers are read to see whose it is. */
  private async writeToOpeners(bindings: OpenerBinding[]): Promise<BatchOutcome<boolean>[]> {
    const ids = bindings.map(({ openerId }) => toObjectId(openerId));
    const { faults, allMatched } = await updateAll(
      this.goals.collection,
      bindings.map(({ path, goalId }, index) => ({
        filter: { _id: ids[index], [path]: null },
        update: { $set: { [path]: goalId }, $inc: { version: 1 } },
      })),
    );
    if (allMatched) return bindings.map(() => ({ value: true }));
    const found = await this.goals.find({ _id: { $in: ids } }, { context: 1 }).lean<GoalRecord[]>();
    const contexts = new Map(found.map(({ _id, context }) => [_id.toHexString(), context]));
    return bindings.map(({ openerId, path, goalId }, index) => {
      if (faults[index]) return { error: faults[index] };
      const context = contexts.get(openerId);
      return { value: context?.[path.slice('context.'.length) as keyof typeof context] === goalId };
    });
  }

  /** How many goals of a session are not over, counted up to a bound. */
  countOpen(sessionId: string, now: Date, upTo: number): Promise<number> {
    return this.goals.countDocuments(openGoals(sessionId, now), { limit: upTo });
  }

  /** Ids of goals of a session that are not over, up to a bound. */
  async openIds(sessionId: string, now: Date, upTo: number): Promise<string[]> {
    const open = await this.goals
      .find(openGoals(sessionId, now), { _id: 1 })
      .limit(upTo)
      .lean<Pick<GoalRecord, '_id'>[]>();
    return open.map(({ _id }) => _id.toHexString());
  }

  /** What says of these goals, those that there are, whether they are over. */
  async lifespans(goalIds: string[]): Promise<Map<string, StoredLifespan>> {
    const goals = await this.goals
      .find({ _id: { $in: goalIds.map(toObjectId) } }, { status: 1, active: 1, exp: 1, released: 1 })
      .lean<StoredLifespan[]>();
    return new Map(goals.map((goal) => [goal._id.toHexString(), goal]));
  }

  /** All goals that were created before a moment, in the order of ids, in batches. */
  createdBefore(moment: Date, size: number): AsyncIterable<GoalRecord[]> {
    const goals = this.goals
      .find({ created_at: { $lt: moment } })
      .sort({ _id: 1 })
      .lean<GoalRecord>();
    return inBatches(goals.cursor({ batchSize: size }), size);
  }

  /** Goals that may have changed since a moment, of those that are not much older, in batches. */
  changedSince(moment: Date): AsyncIterable<GoalRecord[]> {
    const since = { $gte: moment };
    const oldest = new Date(moment.getTime() - changesForMs);
    const goals = this.goals
      .find({
        _id: { $gte: firstIdOf(oldest) },
        $or: [
          { created_at: since },
          { ended_at: since },
          { settled_at: since },
          { status: { $in: ['active', 'completed'] } },
        ],
      })
      .sort({ _id: 1 })
      .lean<GoalRecord>();
    return inBatches(goals.cursor({ batchSize: batchOfChanged }), batchOfChanged);
  }

  /** The goals of these ids, those that there are. */
  async findAll(goalIds: string[]): Promise<GoalRecord[]> {
    return this.goals.find({ _id: { $in: goalIds.map(toObjectId) } }).lean<GoalRecord[]>();
  }

  /** Notes that a delivery failed for good, so that the goal shows as failed. May be repeated. Returns the goal, or null. */
  async markFailed(goalId: string, { handler, reason, failure_id }: GoalFailure): Promise<GoalRecord | null> {
    const _id = toObjectId(goalId);
    await this.goals.updateOne(
      { _id, 'failures.handler': { $ne: handler }, released: null },
      { $push: { failures: { handler, reason, failure_id } }, $inc: { version: 1 } },
    );
    await this.goals.updateOne(
      { _id, failures: { $elemMatch: { handler, failure_id: { $ne: failure_id } } } },
      { $set: { 'failures.$.reason': reason, 'failures.$.failure_id': failure_id }, $inc: { version: 1 } },
    );
    return this.find(goalId);
  }

  /**
   * Removes all failures of a cancelled goal. One that was not bound is released as well: it gives up its place in the goal that
   * opened its pair. May be repeated.
   */
  async settleCancelled(goal: GoalRecord, isBound: boolean, opener?: PairOpener): Promise<GoalRecord> {
    const settled = await this.goals
      .findOneAndUpdate(
        { _id: goal._id, version: goal.version },
        {
          ...(!isBound && { $set: { released: true } }),
          $unset: { failures: 1 },
          $inc: { version: 1 },
        },
        { returnDocument: 'after' },
      )
      .lean<GoalRecord>();
    const openerId = opener && goal.context[opener.reference];
    if (!isBound && openerId) {
      const path = `context.${opener.boundAs}`;
      await this.goals.collection.updateOne(
        { _id: toObjectId(openerId), [path]: goal._id.toHexString() },
        { $unset: { [path]: 1 }, $inc: { version: 1 } },
      );
    }
    // Somebody else may have settled it at the same time.
    return settled ?? (await this.find(goal._id.toHexString())) ?? goal;
  }

  /** Removes the failure of a handler. */
  async clearFailure(goalId: string, handler: string): Promise<void> {
    await this.goals.updateOne(
      { _id: toObjectId(goalId), 'failures.handler': handler },
      { $pull: { failures: { handler } }, $inc: { version: 1 } },
    );
  }
}

const openGoals = (sessionId: string, now: Date): object => ({
  'conditions.session_id': sessionId,
  status: { $in: ['scheduled', 'active'] },
  $or: [{ exp: null }, { exp: { $gt: now } }],
});

/** A goal that failed keeps the state that it had; the failures are stored beside it. */
function withStatus(status: GoalStatus, goalClass?: GoalClass): object {
  if (status !== 'failed') return { status, 'failures.handler': { $exists: false } };
  // The index of the failed begins with the class; if it names them all, it still answers in the order of ids.
  const classes = storedClasses(...(goalClass ? [goalClass] : goalClasses));
  return { 'failures.handler': { $exists: true }, _cls: { $in: classes } };
}
