import { Schema, type Types } from 'mongoose';

/** A contribution as it is stored; older documents lack what is optional. */
export interface ContributionRecord {
  _id: Types.ObjectId;
  goal_id: Types.ObjectId;
  /** The id of the payment in its own system; a goal counts each id once. */
  source_id: string;
  /** Who gave it; absent in a tombstone. */
  user_id?: string;
  amount: number;
  /** Whether it was bought after the countdown of a funding goal, whose progress does not count it then. */
  late?: boolean;
  display_name?: string;
  message?: string;
  /** Whether its giver is to be shown to nobody but services and admins. */
  anonymous?: boolean;
  /** Since when it counts nothing any more. */
  voided_at?: Date;
  void_reason?: string;
  /** Set if it was voided before it was ever seen: the payment counts nothing if it comes. */
  tombstone?: boolean;
  created_at: Date;
}

export const contributionSchema = new Schema<ContributionRecord>(
  {
    goal_id: { type: Schema.Types.ObjectId, required: true },
    source_id: { type: String, required: true },
    user_id: String,
    amount: { type: Number, required: true },
    late: Boolean,
    display_name: String,
    message: String,
    anonymous: Boolean,
    voided_at: Date,
    void_reason: String,
    tombstone: Boolean,
    created_at: { type: Date, required: true },
  },
  { collection: 'goal_contribution', versionKey: false },
);
contributionSchema.index({ goal_id: 1, source_id: 1 }, { unique: true });
// Who owns tickets, and the sums by user, are read from this index alone.
contributionSchema.index({ goal_id: 1, user_id: 1, voided_at: 1, anonymous: 1, amount: 1, late: 1 });
contributionSchema.index({ goal_id: 1, _id: 1 });

/** The filter for contributions that are not voided. MongoDB answers it from an index alone, which it does not for null. */
export const counts = { voided_at: { $not: { $gt: new Date(0) } } };

export const CONTRIBUTION_MODEL = 'GoalContribution';
