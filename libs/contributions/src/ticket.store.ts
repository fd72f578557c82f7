import { toObjectId } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { CONTRIBUTION_MODEL, type ContributionRecord, counts } from './contribution.schema.js';

/** A user, and a goal for which the user may have a ticket or a rule. */
export interface Holder {
  goalId: string;
  userId: string;
}

/** Documents that one query reads at most: a user may have any number of tickets. */
const readLimit = 2_000;

/** Reads who has tickets for which goals; a ticket is a contribution that is not voided. */
@Injectable()
export class TicketStore {
  constructor(@InjectModel(CONTRIBUTION_MODEL) private readonly contributions: Model<ContributionRecord>) {}

  /** Whether each of them has a ticket, in order. */
  async haveEach(holders: Holder[]): Promise<boolean[]> {
    if (holders.length === 0) return [];
    const users = new Map<string, Set<string>>();
    for (const { goalId, userId } of holders) users.set(goalId, (users.get(goalId) ?? new Set()).add(userId));
    const found = await this.contributions.collection
      .find(
        {
          $or: [...users].map(([goalId, userIds]) => ({
            goal_id: toObjectId(goalId),
            user_id: { $in: [...userIds] },
            ...counts,
          })),
        },
        { projection: { _id: 0, goal_id: 1, user_id: 1 }, limit: readLimit },
      )
      .toArray();
    const owners = new Set(found.map(({ goal_id, user_id }) => `${String(goal_id)} ${String(user_id)}`));
    // Some user has so many tickets that those of others may not have been read.
    const isCut = found.length === readLimit;
    return Promise.all(
      holders.map(async ({ goalId, userId }) => {
        if (owners.has(`${goalId} ${userId}`)) return true;
        return isCut && (await this.hasOne(goalId, userId));
      }),
    );
  }

  /** The contribution of a user to a goal that was voided last, by its source id; undefined if none was. */
  async lastVoided(goalId: string, userId: string): Promise<string | undefined> {
    const voided = await this.contributions
      .find(
        { goal_id: toObjectId(goalId), user_id: userId, voided_at: { $ne: null } },
        { _id: 0, source_id: 1, voided_at: 1 },
      )
      .lean<{ source_id: string; voided_at: Date }[]>();
    return voided.toSorted(byVoiding).at(-1)?.source_id;
  }

  /** Whose contribution it is; undefined if it is not known, or nobody's. */
  async userOf(goalId: string, sourceId: string): Promise<string | undefined> {
    const found = await this.contributions
      .findOne({ goal_id: toObjectId(goalId), source_id: sourceId }, { _id: 0, user_id: 1 })
      .lean<{ user_id?: string }>();
    return found?.user_id;
  }

  private async hasOne(goalId: string, userId: string): Promise<boolean> {
    const filter = { goal_id: toObjectId(goalId), user_id: userId, ...counts };
    return (await this.contributions.findOne(filter, { _id: 1 }).lean()) !== null;
  }
}

type Voided = { source_id: string; voided_at: Date };

const byVoiding = (one: Voided, other: Voided): number =>
  one.voided_at.getTime() - other.voided_at.getTime() || (one.source_id < other.source_id ? -1 : 1);
