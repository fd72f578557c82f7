import { inSession, Batcher, batchOfReads, type BatchOutcome, toObjectId, type Transaction } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, Types } from 'mongoose';
import type { Contribution, Contributor } from './contribution.js';
import { GOAL_CONTRIBUTION_MODEL, type GoalContributionRecord } from './goal-contribution.schema.js';

/** How many documents are read at a time where there may be many. */
const stride = 500;

/** All reads and writes of the collection `goal_contribution`. */
@Injectable()
export class ContributionStore {
  private readonly fewOwners: Batcher<Types.ObjectId, string[] | undefined>;

  constructor(
    @InjectModel(GOAL_CONTRIBUTION_MODEL) private readonly contributions: Model<GoalContributionRecord>,
  ) {
    this.fewOwners = new Batcher((goalIds) => this.ownersOfEach(goalIds), batchOfReads);
  }

  /** Adds contributions to a goal. */
  async add(
    goalId: string,
    contributions: Contribution[],
    at: Date,
    transaction: Transaction,
  ): Promise<void> {
    const goal_id = toObjectId(goalId);
    await this.contributions.collection.insertMany(
      contributions.map((contribution) => ({ goal_id, ...contribution, created_at: at })),
      { session: transaction },
    );
  }

  /** What the goal has counted already of these sources, by source, as a transaction sees it, or else as a majority has it. */
  async known(
    goalId: string,
    sourceIds: string[],
    transaction?: Transaction,
  ): Promise<Map<string, Contribution>> {
    const found = await inSession(
      transaction,
      this.contributions.find(
        { goal_id: toObjectId(goalId), source_id: { $in: sourceIds } },
        { _id: 0, source_id: 1, user_id: 1, amount: 1 },
      ),
    ).lean<Contribution[]>();
    return new Map(found.map((contribution) => [contribution.source_id, contribution]));
  }

  /** Which of these goals the user has contributed to. */
  async goalsOf(userId: string, goalIds: string[]): Promise<string[]> {
    const filter = { goal_id: { $in: goalIds.map(toObjectId) }, user_id: userId };
    const found = await this.contributions.distinct('goal_id', filter);
    return found.map((goalId) => goalId.toHexString());
  }

  /** Ids of all who contributed to a goal, where that is quickly told; undefined where there may be many. */
  ownersIfFew(goalId: string): Promise<string[] | undefined> {
    return this.fewOwners.add(toObjectId(goalId));
  }

  private async ownersOfEach(goalIds: Types.ObjectId[]): Promise<BatchOutcome<string[] | undefined>[]> {
    const found = await this.contributions
      .find({ goal_id: { $in: goalIds } }, { _id: 0, goal_id: 1, user_id: 1 })
      .limit(stride)
      .lean<Pick<GoalContributionRecord, 'goal_id' | 'user_id'>[]>();
    // What the limit has cut off may belong to any of them.
    if (found.length === stride) return goalIds.map(() => ({ value: undefined }));
    const owners = new Map(goalIds.map((goalId) => [goalId.toHexString(), new Set<string>()]));
    for (const { goal_id, user_id } of found) owners.get(goal_id.toHexString())?.add(user_id);
    return goalIds.map((goalId) => ({ value: [...owners.get(goalId.toHexString())!] }));
  }

  /** Ids of those who contributed to a goal, rising, from behind `after` on; fewer than `limit` are the last. */
  async owners(goalId: string, after: string | undefined, limit: number): Promise<string[]> {
    const owners: string[] = [];
    let last = after;
    while (owners.length < limit) {
      const found = await this.contributions
        .find({ goal_id: toObjectId(goalId), ...(last !== undefined && { user_id: { $gt: last } }) })
        .select({ _id: 0, user_id: 1 })
        .sort({ user_id: 1 })
        .limit(stride)
        .lean<Pick<GoalContributionRecord, 'user_id'>[]>();
      owners.push(...new Set(found.map(({ user_id }) => user_id)));
      last = owners.at(-1);
      if (found.length < stride) break;
    }
    return owners.slice(0, limit);
  }

  /** What everybody has given to a goal in all, one after the other, so that a crowd need not be held in memory. */
  totals(goalId: string, session: Transaction): AsyncIterable<Contributor> {
    return this.contributions
      .aggregate<Contributor>([
        { $match: { goal_id: toObjectId(goalId) } },
        { $group: { _id: '$user_id', amount: { $sum: '$amount' } } },
        { $project: { _id: 0, userId: '$_id', amount: 1 } },
      ])
      .session(session)
      .cursor({ batchSize: stride });
  }
}
