import { afterId, type Page, pageById, type PageQuery, toObjectId, type Transaction } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, Types } from 'mongoose';
import { CONTRIBUTION_MODEL } from './contribution.schema.js';

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

/** Contributions that are voided count nothing. */
const counts = { voided_at: null };

/** Reads what counts of the contributions to a goal whose money is settled. */
@Injectable()
export class SettlementStore {
  constructor(
    @InjectModel(CONTRIBUTION_MODEL)
    private readonly contributions: Model<CountedTicket & { goal_id: Types.ObjectId; voided_at?: Date }>,
  ) {}

  /** The count and the sum of what a goal has, as the transaction sees it. */
  async tally(goalId: string, transaction: Transaction): Promise<Tally> {
    const [tally] = await this.contributions
      .aggregate<Tally>([
        { $match: { goal_id: toObjectId(goalId), ...counts } },
        { $group: { _id: null, tickets: { $sum: 1 }, total: { $sum: '$amount' } } },
        { $project: { _id: 0 } },
      ])
      .session(transaction);
    return tally ?? { tickets: 0, total: 0 };
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
