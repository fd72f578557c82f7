import { Batcher, batchOfReads, type BatchOutcome, idFrom, toObjectId, type Transaction } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, Types } from 'mongoose';
import type { Holder } from './ticket.store.js';
import {
  ACCESS_RULE_MODEL,
  accessChangeVersion,
  type AccessRuleRecord,
  type StoredAccessChange,
} from './access-rule.schema.js';

/** Documents that one query reads at most. */
const readLimit = 500;

/** What is decided by hand: true lets the user in, false keeps the user out, null leaves it to tickets again. */
export interface AccessDecision {
  allowed: boolean | null;
  reason: string | null;
  by: string;
  at: Date;
}

/** All reads and writes of the collection `access_rule`. */
@Injectable()
export class AccessRuleStore {
  private readonly fewGranted: Batcher<Types.ObjectId, string[] | undefined>;

  constructor(@InjectModel(ACCESS_RULE_MODEL) private readonly rules: Model<AccessRuleRecord>) {
    this.fewGranted = new Batcher((goalIds) => this.grantedOfEach(goalIds), batchOfReads);
  }

  /** The rule for each of these users and funding goals, in order; undefined where nothing was ever decided. */
  async findEach(holders: Holder[]): Promise<(AccessRuleRecord | undefined)[]> {
    const ids = holders.map(({ goalId, userId }) => ruleIdOf(goalId, userId));
    const found = await this.rules.find({ _id: { $in: ids.map(toObjectId) } }).lean<AccessRuleRecord[]>();
    const rules = new Map(found.map((rule) => [rule._id.toHexString(), rule]));
    return ids.map((id) => rules.get(id));
  }

  /** The rule of this id, or null if there is none. */
  findById(ruleId: string): Promise<AccessRuleRecord | null> {
    return this.rules.findById(toObjectId(ruleId)).lean<AccessRuleRecord>();
  }

  /**
   * Stores a decision, and the change of access that it makes. Compare-and-set: false if the rule is not at `revision` (0: there
   * is none) any more, and then nothing is stored. Throws an error of a duplicate key if another first decision was made at the
   * same time.
   */
  async write(
    goalId: string,
    userId: string,
    revision: number,
    { allowed, reason, by, at }: AccessDecision,
    change: Omit<StoredAccessChange, 'v' | 'revision' | 'at' | 'reason'> | undefined,
    transaction: Transaction,
  ): Promise<boolean> {
    const next = revision + 1;
    const update: Record<string, object> = {
      $set: {
        ...(revision > 0 && { revision: next }),
        allowed,
        reason,
        changed_by: by,
        changed_at: at,
        ...(change && { unpublished: true }),
      },
      ...(change && { $push: { outbox: { v: accessChangeVersion, ...change, reason, at, revision: next } } }),
      ...(revision === 0 && {
        $setOnInsert: { goal_id: toObjectId(goalId), user_id: userId, revision: next },
      }),
    };
    const { matchedCount, upsertedCount } = await this.rules.collection.updateOne(
      {
        _id: toObjectId(ruleIdOf(goalId, userId)),
        revision: revision > 0 ? revision : { $exists: false },
      },
      update,
      { upsert: revision === 0, session: transaction },
    );
    return matchedCount + upsertedCount > 0;
  }

  /** Takes the changes up to a revision out of the outbox of a rule. May be repeated. */
  async removePublished(ruleId: string, revision: number): Promise<void> {
    const _id = toObjectId(ruleId);
    await this.rules.collection.updateOne({ _id }, [
      {
        $set: {
          outbox: {
            $filter: {
              input: { $ifNull: ['$outbox', []] },
              as: 'one',
              cond: { $gt: ['$$one.revision', revision] },
            },
          },
        },
      },
      { $set: { unpublished: { $cond: [{ $eq: [{ $size: '$outbox' }, 0] }, '$$REMOVE', true] } } },
    ]);
  }

  /** Ids of rules that were changed before a moment and have changes that are not published. */
  async *unpublished(before: Date): AsyncIterable<string> {
    const rules = this.rules
      .find({ unpublished: true, changed_at: { $lt: before } }, { _id: 1 })
      .lean<{ _id: Types.ObjectId }[]>()
      .cursor();
    for await (const { _id } of rules) yield _id.toHexString();
  }

  /** Those of these goals for which the user has a grant. */
  async grantedGoals(userId: string, goalIds: string[]): Promise<string[]> {
    const ids = goalIds.map((goalId) => toObjectId(ruleIdOf(goalId, userId)));
    const found = await this.rules
      .find({ _id: { $in: ids }, allowed: true }, { goal_id: 1 })
      .lean<Pick<AccessRuleRecord, 'goal_id'>[]>();
    return found.map(({ goal_id }) => goal_id.toHexString());
  }

  /** The users with a grant for a goal; undefined if they are too many for one read. */
  grantedIfFew(goalId: string): Promise<string[] | undefined> {
    return this.fewGranted.add(toObjectId(goalId));
  }

  private async grantedOfEach(goalIds: Types.ObjectId[]): Promise<BatchOutcome<string[] | undefined>[]> {
    const found = await this.rules
      .find({ goal_id: { $in: goalIds }, allowed: true }, { _id: 0, goal_id: 1, user_id: 1 })
      .limit(readLimit)
      .lean<Pick<AccessRuleRecord, 'goal_id' | 'user_id'>[]>();
    // The documents beyond the limit can belong to any of the goals.
    if (found.length === readLimit) return goalIds.map(() => ({ value: undefined }));
    const users = Map.groupBy(found, ({ goal_id }) => goal_id.toHexString());
    return goalIds.map((goalId) => ({
      value: (users.get(goalId.toHexString()) ?? []).map(({ user_id }) => user_id),
    }));
  }

  /** The users with a grant for a goal in ascending order, from the first after `after`. */
  async granted(goalId: string, after: string | undefined, limit: number): Promise<string[]> {
    const found = await this.rules
      .find(
        {
          goal_id: toObjectId(goalId),
          allowed: true,
          ...(after !== undefined && { user_id: { $gt: after } }),
        },
        { _id: 0, user_id: 1 },
      )
      .sort({ user_id: 1 })
      .limit(limit)
      .lean<Pick<AccessRuleRecord, 'user_id'>[]>();
    return found.map(({ user_id }) => user_id);
  }

  /** Those of these users who are banned from a goal. */
  async banned(goalId: string, userIds: string[]): Promise<Set<string>> {
    const ids = userIds.map((userId) => toObjectId(ruleIdOf(goalId, userId)));
    const found = await this.rules
      .find({ _id: { $in: ids }, allowed: false }, { _id: 0, user_id: 1 })
      .lean<Pick<AccessRuleRecord, 'user_id'>[]>();
    return new Set(found.map(({ user_id }) => user_id));
  }
}

/** The id of the rule for a user and a goal. */
export const ruleIdOf = (goalId: string, userId: string): string => idFrom('access_rule', goalId, userId);
