import {
  afterId,
  Batcher,
  batchOfReads,
  type BatchOutcome,
  newId,
  type Page,
  pageById,
  type PageQuery,
  toObjectId,
  type Transaction,
} from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, Types } from 'mongoose';
import { CONTRIBUTION_MODEL, type ContributionRecord, counts } from './contribution.schema.js';

/** A contribution to a goal, in the goal's unit. */
export interface Contribution {
  source_id: string;
  user_id: string;
  amount: number;
  /** How its giver wants to be called. */
  display_name?: string;
  message?: string;
  /** Whether its giver is to be shown to nobody but services and admins. */
  anonymous?: boolean;
}

/** A contribution as it is stored, or the tombstone of one. */
export type StoredContribution = Omit<ContributionRecord, '_id' | 'goal_id'>;

/** A source that a goal has seen: what it counts, unless it is voided. */
export type KnownContribution = Pick<
  ContributionRecord,
  'source_id' | 'user_id' | 'amount' | 'late' | 'anonymous' | 'voided_at'
> & { id: string };

/** A contribution that is to count nothing any more. */
export type VoidedContribution = Required<Pick<ContributionRecord, 'source_id' | 'voided_at'>> &
  Pick<ContributionRecord, 'void_reason'>;

/** Items by the id of the goal that they belong to. */
export type ByGoal<Item> = ReadonlyMap<string, Item[]>;

/** The total of a user's contributions to a goal; of those that are anonymous, and of the others. */
export interface Contributor {
  userId: string;
  isAnonymous: boolean;
  amount: number;
}

/** What the contributions to a goal come to that count: up to the end of its countdown, and after it. */
export interface Sums {
  counted: number;
  late: number;
}

/** A contribution that counts: it has a user, since only tombstones lack one. */
type Ticket = Required<Pick<ContributionRecord, 'goal_id' | 'user_id'>>;

/** Documents that one query reads at most. */
const readLimit = 500;

/** All reads and writes of the collection `goal_contribution`. */
@Injectable()
export class ContributionStore {
  private readonly fewOwners: Batcher<Types.ObjectId, string[] | undefined>;

  constructor(@InjectModel(CONTRIBUTION_MODEL) private readonly contributions: Model<ContributionRecord>) {
    this.fewOwners = new Batcher((goalIds) => this.ownersOfEach(goalIds), batchOfReads);
  }

  /** Adds contributions, and tombstones of those that were voided first, by the id of their goal; some have an id already. */
  async add(
    contributions: ByGoal<Omit<StoredContribution, 'created_at'> & { id?: string }>,
    at: Date,
    transaction: Transaction,
  ): Promise<void> {
    const documents = [...contributions].flatMap(([goalId, ofGoal]) => {
      const goal_id = toObjectId(goalId);
      return ofGoal.map(({ id = newId(), ...contribution }) => ({
        _id: toObjectId(id),
        goal_id,
        ...contribution,
        created_at: at,
      }));
    });
    if (documents.length > 0)
      await this.contributions.collection.insertMany(documents, { session: transaction });
  }

  /** Has contributions count nothing any more, by the id of their goal. */
  async void(contributions: ByGoal<VoidedContribution>, transaction: Transaction): Promise<void> {
    const updates = [...contributions].flatMap(([goalId, ofGoal]) => {
      const goal_id = toObjectId(goalId);
      return ofGoal.map(({ source_id, voided_at, void_reason }) => ({
        updateOne: {
          filter: { goal_id, source_id },
          update: { $set: { voided_at, ...(void_reason !== undefined && { void_reason }) } },
        },
      }));
    });
    if (updates.length > 0) await this.contributions.collection.bulkWrite(updates, { session: transaction });
  }

  /** The contributions with these source ids, by the id of their goal and their source id. */
  async known(sourceIds: ByGoal<string>): Promise<Map<string, Map<string, KnownContribution>>> {
    const found = await this.contributions.collection
      .find<Omit<KnownContribution, 'id'> & Pick<ContributionRecord, '_id' | 'goal_id'>>(
        {
          $or: [...sourceIds].map(([goalId, ofGoal]) => ({
            goal_id: toObjectId(goalId),
            source_id: { $in: ofGoal },
          })),
        },
        {
          projection: {
            goal_id: 1,
            source_id: 1,
            user_id: 1,
            amount: 1,
            late: 1,
            anonymous: 1,
            voided_at: 1,
          },
        },
      )
      .toArray();
    const known = new Map<string, Map<string, KnownContribution>>();
    for (const { _id, goal_id, ...contribution } of found) {
      const goalId = goal_id.toHexString();
      const ofGoal = known.get(goalId) ?? new Map<string, KnownContribution>();
      known.set(goalId, ofGoal.set(contribution.source_id, { id: _id.toHexString(), ...contribution }));
    }
    return known;
  }

  /** Takes the message out of a contribution. Whether it had one; undefined if the goal has no such contribution. */
  async removeMessage(
    goalId: string,
    sourceId: string,
    transaction: Transaction,
  ): Promise<boolean | undefined> {
    const before = await this.contributions.collection.findOneAndUpdate(
      { goal_id: toObjectId(goalId), source_id: sourceId, tombstone: { $ne: true } },
      { $unset: { message: '' } },
      { session: transaction, projection: { message: 1 } },
    );
    return before ? typeof before.message === 'string' : undefined;
  }

  /** A page of a goal's contributions, oldest first; voided ones are in it, tombstones are not. */
  async page<Item>(
    goalId: string,
    { cursor, limit }: PageQuery,
    toItem: (contribution: StoredContribution) => Item,
  ): Promise<Page<Item>> {
    const found = await this.contributions
      .find({ goal_id: toObjectId(goalId), ...afterId(cursor), tombstone: { $ne: true } })
      .sort({ _id: 1 })
      .limit(limit + 1)
      .lean<ContributionRecord[]>();
    return pageById(found, limit, toItem);
  }

  /** Those of these goals to which the user has given something that counts. */
  async goalsOf(userId: string, goalIds: string[]): Promise<string[]> {
    const filter = { goal_id: { $in: goalIds.map(toObjectId) }, user_id: userId, ...counts };
    const found = await this.contributions.distinct('goal_id', filter);
    return found.map((goalId) => goalId.toHexString());
  }

  /** The ids of all whose contributions to a goal count; undefined if they are too many for one read. */
  ownersIfFew(goalId: string): Promise<string[] | undefined> {
    return this.fewOwners.add(toObjectId(goalId));
  }

  private async ownersOfEach(goalIds: Types.ObjectId[]): Promise<BatchOutcome<string[] | undefined>[]> {
    const found = await this.contributions
      .find({ goal_id: { $in: goalIds }, ...counts }, { _id: 0, goal_id: 1, user_id: 1 })
      .sort({ goal_id: 1, user_id: 1 })
      .limit(readLimit)
      .lean<Ticket[]>();
    // The documents beyond the limit can belong to any of the goals.
    if (found.length === readLimit) return goalIds.map(() => ({ value: undefined }));
    const owners = new Map(goalIds.map((goalId) => [goalId.toHexString(), new Set<string>()]));
    for (const { goal_id, user_id } of found) owners.get(goal_id.toHexString())?.add(user_id);
    return goalIds.map((goalId) => ({ value: [...owners.get(goalId.toHexString())!] }));
  }

  /** The ids of all whose contributions to a goal count, in ascending order, from the first after `after`; fewer than `limit` at the end. */
  async owners(goalId: string, after: string | undefined, limit: number): Promise<string[]> {
    const owners: string[] = [];
    let last = after;
    while (owners.length < limit) {
      const found = await this.contributions
        .find({
          goal_id: toObjectId(goalId),
          ...(last !== undefined && { user_id: { $gt: last } }),
          ...counts,
        })
        .select({ _id: 0, user_id: 1 })
        .sort({ user_id: 1 })
        .limit(readLimit)
        .lean<Pick<Ticket, 'user_id'>[]>();
      owners.push(...new Set(found.map(({ user_id }) => user_id)));
      last = owners.at(-1);
      if (found.length < readLimit) break;
    }
    return owners.slice(0, limit);
  }

  /** When the last contribution to a goal was stored; undefined if there is none. */
  async lastAt(goalId: string): Promise<Date | undefined> {
    const last = await this.contributions
      .findOne({ goal_id: toObjectId(goalId) }, { created_at: 1 })
      .sort({ _id: -1 })
      .lean<Pick<ContributionRecord, 'created_at'>>();
    return last?.created_at;
  }

  /** What counts of the contributions to each of these goals that has any; as the transaction sees it, or as a majority has it. */
  async sums(goalIds: string[], transaction?: Transaction): Promise<Map<string, Sums>> {
    const amountIf = (isLate: boolean) => ({
      $sum: { $cond: [{ $eq: [{ $eq: ['$late', true] }, isLate] }, '$amount', 0] },
    });
    const query = this.contributions.aggregate<Sums & { _id: Types.ObjectId }>([
      { $match: { goal_id: { $in: goalIds.map(toObjectId) }, ...counts } },
      { $group: { _id: '$goal_id', counted: amountIf(false), late: amountIf(true) } },
    ]);
    const found = await (transaction ? query.session(transaction) : query.readConcern('majority'));
    return new Map(found.map(({ _id, counted, late }) => [_id.toHexString(), { counted, late }]));
  }

  /** The totals of all contributors of a goal, as a stream, because there can be too many for the memory. */
  totals(goalId: string, session: Transaction): AsyncIterable<Contributor> {
    const userId = '$user_id';
    const isAnonymous = { $eq: ['$anonymous', true] };
    return this.contributions
      .aggregate<Contributor>([
        { $match: { goal_id: toObjectId(goalId), ...counts } },
        { $group: { _id: { userId, isAnonymous }, amount: { $sum: '$amount' } } },
        { $project: { _id: 0, userId: '$_id.userId', isAnonymous: '$_id.isAnonymous', amount: 1 } },
      ])
      .session(session)
      .readConcern('snapshot')
      .cursor({ batchSize: readLimit });
  }
}
