import { Schema, type Types } from 'mongoose';

/** What was done to a rule: the user was let in or shut out by hand, or that was taken back. */
export type RuleAction = 'grant' | 'ban' | 'taken_back';

/** The newest form of a change that this release reads, in which it writes; see StoredAccessChange. */
export const accessChangeVersion = 1;

/** A change of a user's access that is stored with the rule that made it, and not published yet. */
export interface StoredAccessChange {
  /** The version of the form of a change; absent in those of releases that had no versions. */
  v?: number;
  /** The revision of the rule that made it. */
  revision: number;
  /** Whether the user may watch since. */
  allowed: boolean;
  cause: RuleAction;
  reason: string | null;
  at: Date;
}

/** What was decided by hand about one user and one funding goal. */
export interface AccessRuleRecord {
  /** Follows from goal and user, so that there is one rule for both. */
  _id: Types.ObjectId;
  goal_id: Types.ObjectId;
  user_id: string;
  /** True for a grant, false for a ban, null once it is taken back. */
  allowed: boolean | null;
  reason: string | null;
  /** Who decided it last, and when. */
  changed_by: string;
  changed_at: Date;
  /** Rises with each change. */
  revision: number;
  /** Changes to publish, oldest first. */
  outbox: StoredAccessChange[];
  /** Set while the outbox holds any. */
  unpublished?: boolean;
}

export const accessRuleSchema = new Schema<AccessRuleRecord>(
  {
    goal_id: { type: Schema.Types.ObjectId, required: true },
    user_id: { type: String, required: true },
    allowed: Boolean,
    reason: String,
    changed_by: { type: String, required: true },
    changed_at: { type: Date, required: true },
    revision: { type: Number, required: true },
    outbox: { type: [{}], default: undefined },
    unpublished: Boolean,
  },
  { collection: 'access_rule', versionKey: false, minimize: false },
);
accessRuleSchema.index({ goal_id: 1, user_id: 1 });
accessRuleSchema.index({ unpublished: 1 }, { partialFilterExpression: { unpublished: true } });

export const ACCESS_RULE_MODEL = 'AccessRule';
