import { inSession, Batcher, batchOfReads, type BatchOutcome, toObjectId, type Transaction } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, Types } from 'mongoose';
import { CONTRIBUTION_MODEL, type ContributionRecord } from './contribution.schema.js';

/** A contribution to a goal, in the goal's unit. */
export interface Contribution {
  source_id: string;
  user_id: string;
  amount: number;
}

/** The total of a user's contributions to a goal. */
export interface Contributor {
  userId: string;
  amount: number;
}

/** Documents that one query reads at most. */
const readLimit = 500;

/** All reads and writes of the collection `goal_contribution`. */
@Injectable()
export class ContributionStore {
  private readonly fewOwners: Batcher<Types.ObjectId, string[] | undefined>;

  constructor(@InjectModel(CONTRIBUTION_MODEL) private readonly contributions: Model<ContributionRecord>) {
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

  /** The contributions with these source ids, by source id. Read in the transaction, or else with read concern majority. */
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

  /** Those of these goals that the user has contributed to. */
  async goalsOf(userId: string, goalIds: string[]): Promise<string[]> {
    const filter = { goal_id: { $in: goalIds.map(toObjectId) }, user_id: userId };
    const found = await this.contributions.distinct('goal_id', filter);
    return found.map((goalId) => goalId.toHexString());
  }

  /** The ids of all contributors of a goal; undefined if they are too many for one read. */
  ownersIfFew(goalId: string): Promise<string[] | undefined> {
    return this.fewOwners.add(toObjectId(goalId));
  }

  private async ownersOfEach(goalIds: Types.ObjectId[]): Promise<BatchOutcome<string[] | undefined>[]> {
    const found = await this.contributions
      .find({ goal_id: { $in: goalIds } }, { _id: 0, goal_id: 1, user_id: 1 })
      .limit(readLimit)
      .lean<Pick<ContributionRecord, 'goal_id' | 'user_id'>[]>();
    // The documents beyond the limit can belong to any of the goals.
    if (found.length === readLimit) return goalIds.map(() => ({ value: undefined }));
    const owners = new Map(goalIds.map((goalId) => [goalId.toHexString(), new Set<string>()]));
    for (const { goal_id, user_id } of found) owners.get(goal_id.toHexString())?.add(user_id);
    return goalIds.map((goalId) => ({ value: [...owners.get(goalId.toHexString())!] }));
  }

  /** The ids of the contributors of a goal in ascending order, from the first after `after`; fewer than `limit` at the end. */
  async owners(goalId: string, after: string | undefined, limit: number): Promise<string[]> {
    const owners: string[] = [];
    let last = after;
    while (owners.length < limit) {
      const found = await this.contributions
        .find({ goal_id: toObjectId(goalId), ...(last !== undefined && { user_id: { $gt: last } }) })
        .select({ _id: 0, user_id: 1 })
        .sort({ user_id: 1 })
        .limit(readLimit)
        .lean<Pick<ContributionRecord, 'user_id'>[]>();
      owners.push(...new Set(found.map(({ user_id }) => user_id)));
      last = owners.at(-1);
      if (found.length < readLimit) break;
    }
    return owners.slice(0, limit);
  }

  /** The totals of all contributors of a goal, as a stream, because there can be too many for the memory. */
  totals(goalId: string, session: Transaction): AsyncIterable<Contributor> {
    return this.contributions
      .aggregate<Contributor>([
        { $match: { goal_id: toObjectId(goalId) } },
        { $group: { _id: '$user_id', amount: { $sum: '$amount' } } },
        { $project: { _id: 0, userId: '$_id', amount: 1 } },
      ])
      .session(session)
      .cursor({ batchSize: readLimit });
  }
}
