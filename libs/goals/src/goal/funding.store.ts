import { type SettledOutcome, settledOutcomes, type Settlement, type VoidReason } from '#contracts';
import {
  Batcher,
  batchOfWrites,
  type BatchOutcome,
  inBatches,
  toObjectId,
  type Transaction,
  updateAll,
} from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { GoalsConfig } from '../goals.config.js';
import { outboxEntry } from './goal-changed.event.js';
import { GOAL_MODEL, type GoalRecord, storedClasses } from './goal.schema.js';

/** What becomes of the money of a funding goal for good. */
export interface Verdict {
  outcome: SettledOutcome;
  void_reason: VoidReason | null;
}

/** Which show is to stand in which funding goal. */
interface ShowBinding {
  fundingGoalId: string;
  showGoalId: string;
  at: Date;
}

/** So many goals are handled at once. */
const batchOfDue = 100;

const fundingClasses = storedClasses('ShowFundingGoal');

/** A goal whose document was stored before goals had outcomes is open. */
const isOpen = { $eq: [{ $ifNull: ['$outcome', 'open'] }, 'open'] };
const isReached = { $gte: [{ $ifNull: ['$level', 0] }, { $ifNull: ['$minimum_level', 1] }] };
/** One of an older writer has no status, but says whether it is active. */
const isRunning = {
  $or: [
    { $in: ['$status', ['scheduled', 'active']] },
    { $and: [{ $eq: [{ $ifNull: ['$status', null] }, null] }, { $ne: ['$active', false] }] },
  ],
};

/** Takes funding goals from countdown to settlement, each step by compare-and-set, and finds those for which one is due. */
@Injectable()
export class FundingStore {
  private readonly bindings: Batcher<ShowBinding, boolean>;

  constructor(
    @InjectModel(GOAL_MODEL) private readonly goals: Model<GoalRecord>,
    private readonly config: GoalsConfig,
  ) {
    this.bindings = new Batcher((bindings) => this.bindAll(bindings), batchOfWrites);
  }

  /**
   * Reserves a funding goal for the show that has its place. May be repeated. Returns false if the goal is settled or
   * cancelled, or another show is bound to it.
   */
  async acceptShow(fundingGoalId: string, showGoalId: string, at: Date): Promise<boolean> {
    const { matchedCount } = await this.goals.collection.updateOne(
      {
        _id: toObjectId(fundingGoalId),
        outcome: { $nin: settledOutcomes },
        status: { $ne: 'cancelled' },
        'context.show_goal_id': { $in: [null, showGoalId] },
      },
      { $set: { accepted_show: { goal_id: showGoalId, at } }, $inc: { version: 1 } },
    );
    return matchedCount === 1;
  }

  /** Gives up the reservation of a show that was not created; another one that was made since stays. */
  async giveUpShow(
    fundingGoalId: string,
    abandoned: NonNullable<GoalRecord['accepted_show']>,
  ): Promise<void> {
    await this.goals.collection.updateOne(
      { _id: toObjectId(fundingGoalId), 'context.show_goal_id': null, ...holds(abandoned) },
      { $unset: { accepted_show: 1 }, $inc: { version: 1 } },
    );
  }

  /**
   * Binds a show to its funding goal, which ends the countdown if that runs. May be repeated. Returns false if the goal is
   * gone, has another show, or does not wait for one any more.
   */
  bindShow(binding: ShowBinding): Promise<boolean> {
    return this.bindings.add(binding);
  }

  private async bindAll(bindings: ShowBinding[]): Promise<BatchOutcome<boolean>[]> {
    const ids = bindings.map(({ fundingGoalId }) => toObjectId(fundingGoalId));
    const { faults, allMatched } = await updateAll(
      this.goals.collection,
      bindings.map(({ showGoalId, at }, index) => ({
        filter: {
          _id: ids[index],
          'context.show_goal_id': null,
          outcome: { $nin: settledOutcomes },
          cancel_reason: { $ne: 'cancelled' },
        },
        update: [
          { $set: { 'context.show_goal_id': showGoalId, ...this.changes(at, 'context.show_goal_id') } },
        ],
      })),
    );
    if (allMatched) return bindings.map(() => ({ value: true }));
    const found = await this.goals.find({ _id: { $in: ids } }, { context: 1 }).lean<GoalRecord[]>();
    const shows = new Map(found.map(({ _id, context }) => [_id.toHexString(), context.show_goal_id]));
    return bindings.map(({ fundingGoalId, showGoalId }, index) =>
      faults[index] ? { error: faults[index] } : { value: shows.get(fundingGoalId) === showGoalId },
    );
  }

  /**
   * Ends the countdown at its exp, or now if that is sooner; whether the goal is funded is judged by what it has in that very
   * moment. Returns undefined if the countdown has ended already or its exp was moved.
   */
  async endCountdown({ _id, outcome, exp }: GoalRecord, now: Date): Promise<GoalRecord | undefined> {
    const ended = await this.goals.collection.findOneAndUpdate(
      { _id, outcome: outcome ?? null, exp: exp ?? null },
      [{ $set: this.changes(now) }],
      { returnDocument: 'after' },
    );
    return (ended as GoalRecord | null) ?? undefined;
  }

  /** What a write sets that ends a running countdown, and perhaps changes another field. */
  private changes(now: Date, ...changed: string[]): object {
    const endedAt = { $min: [now, '$exp'] };
    const ends = (value: unknown, otherwise: string) => ({ $cond: [isOpen, value, otherwise] });
    const stops = (value: unknown, otherwise: string) => ({
      $cond: [{ $and: [isOpen, isRunning] }, value, otherwise],
    });
    // As toISOString writes it.
    const exp = { $dateToString: { date: '$exp', format: '%Y-%m-%dT%H:%M:%S.%LZ', onNull: null } };
    const expired = { ...outboxEntry({ type: 'goal.expired', scheduled_for: null }), scheduled_for: exp };
    const updated = (...changes: string[]) => outboxEntry({ type: 'goal.updated', changes });
    return {
      outcome: ends({ $cond: [isReached, 'funded', 'underfunded'] }, '$outcome'),
      countdown_ended_at: ends(endedAt, '$countdown_ended_at'),
      settle_by: ends({ $add: [endedAt, this.config.settleGraceMs] }, '$settle_by'),
      status: stops('expired', '$status'),
      active: stops(false, '$active'),
      ended_at: stops(endedAt, '$ended_at'),
      outbox: {
        $concatArrays: [
          { $ifNull: ['$outbox', []] },
          { $cond: [{ $and: [isOpen, isRunning] }, [expired], []] },
          {
            $cond: [
              isOpen,
              [updated(...changed, 'outcome', 'settle_by')],
              changed.length > 0 ? [updated(...changed)] : [],
            ],
          },
        ],
      },
      unpublished: true,
      version: { $add: [{ $ifNull: ['$version', 0] }, 1] },
    };
  }

  /**
   * Settles goals for good, each if nothing has changed that its verdict rests on. From here to its end, the transaction keeps
   * contributions from changing what is counted. Returns the ids of those that it has settled.
   */
  async settle(
    goals: { goal: GoalRecord; verdict: Verdict }[],
    now: Date,
    transaction: Transaction,
  ): Promise<string[]> {
    await this.goals.collection.bulkWrite(
      goals.map(
        ({ goal: { _id, outcome, accepted_show, context }, verdict: { outcome: final, void_reason } }) => ({
          updateOne: {
            filter: {
              _id,
              outcome: outcome ?? null,
              'context.show_goal_id': context.show_goal_id ?? null,
              ...(accepted_show ? holds(accepted_show) : { accepted_show: null }),
            },
            update: { $set: { outcome: final, void_reason, settled_at: now }, $inc: { version: 1 } },
          },
        }),
      ),
      { session: transaction },
    );
    // Whoever settles a goal stores its settlement in the same transaction.
    const settled = await this.goals
      .find(
        { _id: { $in: goals.map(({ goal }) => goal._id) }, settled_at: { $ne: null }, settlement: null },
        { _id: 1 },
      )
      .session(transaction)
      .lean<Pick<GoalRecord, '_id'>[]>();
    return settled.map(({ _id }) => _id.toHexString());
  }

  /** Stores what was settled, and that it is to be published, in the same transaction. */
  async storeSettlements(
    settlements: ReadonlyMap<string, Settlement>,
    transaction: Transaction,
  ): Promise<void> {
    if (settlements.size === 0) return;
    await this.goals.bulkWrite(
      [...settlements].map(([goalId, settlement]) => {
        const entry = outboxEntry({ type: 'goal.settled', ...settlement });
        return {
          updateOne: {
            filter: { _id: toObjectId(goalId) },
            update: { $set: { settlement, unpublished: true }, $push: { outbox: entry } },
          },
        };
      }),
      { session: transaction },
    );
  }

  /** Goals that may have a step due, in batches: their countdown is over, or they are cancelled and not settled. */
  async *due(now: Date): AsyncGenerator<GoalRecord[]> {
    const filters = [
      { outcome: 'open', exp: { $lte: now } },
      { outcome: 'open', status: 'cancelled' },
      // One by one: MongoDB takes the index for one outcome, not for a list of them.
      { outcome: 'funded' },
      { outcome: 'underfunded' },
    ];
    for (const filter of filters) yield* this.batches(filter);
  }

  /** Goals whose countdown ends within a span of time, likewise. */
  endingWithin(from: Date, to: Date): AsyncIterable<GoalRecord[]> {
    return this.batches({ outcome: 'open', exp: { $gt: from, $lte: to } });
  }

  /** The goals of a session that are not settled, likewise. */
  unsettledOf(sessionId: string): AsyncIterable<GoalRecord[]> {
    return this.batches({
      'conditions.session_id': sessionId,
      _cls: { $in: fundingClasses },
      outcome: { $nin: settledOutcomes },
    });
  }

  private batches(filter: object): AsyncIterable<GoalRecord[]> {
    const found = this.goals.find(filter).lean<GoalRecord>().cursor({ batchSize: batchOfDue });
    return inBatches(found, batchOfDue);
  }
}

/** The filter for a goal that is reserved for a show since a moment. */
const holds = ({ goal_id, at }: NonNullable<GoalRecord['accepted_show']>) => ({
  'accepted_show.goal_id': goal_id,
  'accepted_show.at': at,
});
