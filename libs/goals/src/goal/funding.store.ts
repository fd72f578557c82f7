import { type SettledOutcome, settledOutcomes, type Settlement, type VoidReason } from '#contracts';
import {
  Batcher,
  batchOfWrites,
  type BatchOutcome,
  findByIds,
  inBatches,
  toObjectId,
  type Transaction,
  updateAll,
  type UpdateOne,
} from '#platform';
import { Inject, Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { GoalsConfig } from '../goals.config.js';
import { outboxEntry } from './goal-changed.event.js';
import { changedNow, GOAL_MODEL, type GoalRecord, openUntilExp, storedClasses } from './goal.schema.js';
import { GOAL_CLASSES, type GoalClasses } from './goal-classes.js';
import { isFundingOver } from './outcome.js';

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

/** Something that was asked for in a request or a job, which batches are not. */
interface Marked {
  change: ReturnType<typeof changedNow>;
}

/** A goal whose countdown is to end now. */
interface Ending extends Marked {
  goal: GoalRecord;
  now: Date;
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
  /** Funding goals that are not over. */
  private readonly running: object;
  private readonly reservations: Batcher<ShowBinding, boolean>;
  private readonly bindings: Batcher<ShowBinding & Marked, boolean>;
  private readonly endings: Batcher<Ending, GoalRecord | undefined>;

  constructor(
    @InjectModel(GOAL_MODEL) private readonly goals: Model<GoalRecord>,
    private readonly config: GoalsConfig,
    @Inject(GOAL_CLASSES) classes: GoalClasses,
  ) {
    this.running = openUntilExp(classes, { countdown: true });
    this.reservations = new Batcher((bindings) => this.reserveAll(bindings), batchOfWrites);
    this.bindings = new Batcher((bindings) => this.bindAll(bindings), batchOfWrites);
    this.endings = new Batcher((endings) => this.endAll(endings), batchOfWrites);
  }

  /**
   * Reserves a funding goal for the show that has its place. May be repeated. Returns false if the goal is settled or
   * cancelled, or another show is bound to it.
   */
  acceptShow(binding: ShowBinding): Promise<boolean> {
    return this.reservations.add(binding);
  }

  private async reserveAll(bindings: ShowBinding[]): Promise<BatchOutcome<boolean>[]> {
    return this.writeAll(
      bindings,
      ({ showGoalId, at }) => ({
        filter: {
          outcome: { $nin: settledOutcomes },
          status: { $ne: 'cancelled' },
          'context.show_goal_id': { $in: [null, showGoalId] },
        },
        update: { $set: { accepted_show: { goal_id: showGoalId, at } }, $inc: { version: 1 } },
      }),
      ({ accepted_show, outcome, status }, { showGoalId }) =>
        accepted_show?.goal_id === showGoalId && !isFundingOver({ outcome, status }),
    );
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
    return this.bindings.add({ ...binding, change: changedNow() });
  }

  private bindAll(bindings: (ShowBinding & Marked)[]): Promise<BatchOutcome<boolean>[]> {
    return this.writeAll(
      bindings,
      ({ showGoalId, at, change }) => ({
        filter: {
          'context.show_goal_id': null,
          outcome: { $nin: settledOutcomes },
          cancel_reason: { $ne: 'cancelled' },
        },
        update: [
          {
            $set: {
              'context.show_goal_id': showGoalId,
              ...this.changes(at, change, 'context.show_goal_id'),
            },
          },
        ],
      }),
      ({ context }, { showGoalId }) => context.show_goal_id === showGoalId,
    );
  }

  /** Writes to the funding goal of each binding; what was not written may hold all the same, by a write before. */
  private async writeAll<Binding extends ShowBinding>(
    bindings: Binding[],
    writeOf: (binding: Binding) => UpdateOne,
    holdsIn: (goal: GoalRecord, binding: Binding) => boolean,
  ): Promise<BatchOutcome<boolean>[]> {
    const ids = bindings.map(({ fundingGoalId }) => toObjectId(fundingGoalId));
    const { faults, allMatched } = await updateAll(
      this.goals.collection,
      bindings.map((binding, index) => {
        const { filter, update } = writeOf(binding);
        return { filter: { _id: ids[index], ...filter }, update };
      }),
    );
    if (allMatched) return bindings.map(() => ({ value: true }));
    const found = await findByIds<GoalRecord>(this.goals.collection, ids);
    return bindings.map((binding, index) => {
      if (faults[index]) return { error: faults[index] };
      const outcome = found[index]!;
      return 'error' in outcome
        ? outcome
        : { value: outcome.value !== null && holdsIn(outcome.value, binding) };
    });
  }

  /**
   * Ends the countdown at its exp, or now if that is sooner; whether the goal is funded is judged by what it has in that very
   * moment. Returns undefined if the countdown has ended already or its exp was moved.
   */
  endCountdown(goal: GoalRecord, now: Date): Promise<GoalRecord | undefined> {
    return this.endings.add({ goal, now, change: changedNow() });
  }

  private async endAll(endings: Ending[]): Promise<BatchOutcome<GoalRecord | undefined>[]> {
    const { faults, allMatched } = await updateAll(
      this.goals.collection,
      endings.map(({ goal: { _id, outcome, exp }, now, change }) => ({
        filter: { _id, outcome: outcome ?? null, exp: exp ?? null },
        update: [{ $set: this.changes(now, change) }],
      })),
    );
    const found = await findByIds<GoalRecord>(
      this.goals.collection,
      endings.map(({ goal }) => goal._id),
    );
    return endings.map(({ goal }, index) => {
      if (faults[index]) return { error: faults[index] };
      const outcome = found[index]!;
      if ('error' in outcome) return outcome;
      const { value } = outcome;
      // One of them may have been ended, or extended, by another process before.
      const isOwn = allMatched || value?.version === (goal.version ?? 0) + 1;
      return { value: value && isOwn && value.outcome !== 'open' ? value : undefined };
    });
  }

  /** What a write sets that ends a running countdown, and perhaps changes another field. */
  private changes(now: Date, change: Marked['change'], ...changed: string[]): object {
    const endedAt = { $min: [now, '$exp'] };
    const ends = (value: unknown, otherwise: string) => ({ $cond: [isOpen, value, otherwise] });
    const stops = (value: unknown, otherwise: string) => ({
      $cond: [{ $and: [isOpen, isRunning] }, value, otherwise],
    });
    const opens = { $and: [isOpen, { $eq: ['$status', 'scheduled'] }] };
    const step = (type: 'goal.activated' | 'goal.expired', due: string) => ({
      ...outboxEntry({ type, scheduled_for: null }),
      // As toISOString writes it.
      scheduled_for: { $dateToString: { date: due, format: '%Y-%m-%dT%H:%M:%S.%LZ', onNull: null } },
    });
    const updated = (...changes: string[]) => outboxEntry({ type: 'goal.updated', changes });
    return {
      outcome: ends({ $cond: [isReached, 'funded', 'underfunded'] }, '$outcome'),
      countdown_ended_at: ends(endedAt, '$countdown_ended_at'),
      settle_by: ends({ $add: [endedAt, this.config.settleGraceMs] }, '$settle_by'),
      status: stops('expired', '$status'),
      active: stops(false, '$active'),
      activated_at: { $cond: [opens, endedAt, '$activated_at'] },
      ended_at: stops(endedAt, '$ended_at'),
      outbox: {
        $concatArrays: [
          { $ifNull: ['$outbox', []] },
          // What ends has begun, so that no event is missing.
          { $cond: [opens, [step('goal.activated', '$nbf')], []] },
          { $cond: [{ $and: [isOpen, isRunning] }, [step('goal.expired', '$exp')], []] },
          {
            $cond: [
              isOpen,
              [updated(...changed, 'outcome', 'settle_by')],
              changed.length > 0 ? [updated(...changed)] : [],
            ],
          },
        ],
      },
      unpublished: change.unpublished,
      change_context: { $literal: change.change_context },
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
            update: { $set: { settlement, ...changedNow() }, $push: { outbox: entry } },
          },
        };
      }),
      { session: transaction },
    );
  }

  /** Goals that may have a step due, in batches: their countdown is over, or they are cancelled and not settled. */
  async *due(now: Date): AsyncGenerator<GoalRecord[]> {
    const filters = [
      // Also those that were stored before goals had outcomes.
      { ...this.running, exp: { $lte: now } },
      { outcome: 'open', exp: { $lte: now } },
      { outcome: 'open', status: 'cancelled' },
      // One by one: MongoDB takes the index for one outcome, not for a list of them.
      { outcome: 'funded' },
      { outcome: 'underfunded' },
    ];
    for (const filter of filters) yield* this.batches(filter);
  }

  /** Goals whose countdown ends within a span of time, likewise. */
  async *endingWithin(from: Date, to: Date): AsyncGenerator<GoalRecord[]> {
    for (const open of [this.running, { outcome: 'open', status: 'completed' }])
      yield* this.batches({ ...open, exp: { $gt: from, $lte: to } });
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
