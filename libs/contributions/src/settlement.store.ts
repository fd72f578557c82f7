import { afterId, type Page, pageById, type PageQuery, toObjectId, type Transaction } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, Types } from 'mongoose';
import { CONTRIBUTION_MODEL, counts } from './contribution.schema.js';

/** A contribution that counts when its goal is settled. */
export interface CountedTicket {
  source_id: string;
  user_id: string;
  amount: number;
  /** Whether its giver is to be shown to nobody but services and admins. */
  anonymous?: boolean;
}

/** How many contributions count, and the sum of their amounts. */
interface Tally {
  tickets: number;
  total: number;
}

/** Reads what counts of the contributions to a goal whose money is settled. */
@Injectable()
export class SettlementStore {
  constructor(
    @InjectModel(CONTRIBUTION_MODEL)
    private readonly contributions: Model<CountedTicket & { goal_id: Types.ObjectId; voided_at?: Date }>,
  ) {}

  /** The count and the sum of what each of these goals has, as the transaction sees it. */
  async tallies(goalIds: string[], transaction: Transaction): Promise<Map<string, Tally>> {
    const found = await this.contributions
      .aggregate<Tally & { _id: Types.ObjectId }>([
        { $match: { goal_id: { $in: goalIds.map(toObjectId) }, ...counts } },
        { $group: { _id: '$goal_id', tickets: { $sum: 1 }, total: { $sum: '$amount' } } },
      ])
      .session(transaction);
    const tallies = new Map(goalIds.map((goalId): [string, Tally] => [goalId, { tickets: 0, total: 0 }]));
    for (const { _id, tickets, total } of found) tallies.set(_id.toHexString(), { tickets, total });
    return tallies;
  }

  /** A page of what counts, in the order in which it was stored; nothing is added to it after the settlement. */
  async page<Item>(
    goalId: string,
    { cursor, limit }: PageQuery,
    toItem: (ticket: CountedTicket) => Item,
  ): Promise<Page<Item>> {
    const found = await this.contributions
      .find(
        { goal_id: toObjectId(goalId), ...counts, ...afterId(cursor) },
        { source_id: 1, user_id: 1, amount: 1, anonymous: 1 },
      )
      .sort({ _id: 1 })
      .limit(limit + 1)
      .lean<(CountedTicket & { _id: Types.ObjectId })[]>();
    return pageById(found, limit, toItem);
  }
}
