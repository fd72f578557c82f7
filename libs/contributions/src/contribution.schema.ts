import { Schema, type Types } from 'mongoose';

/** A contribution as it is stored. */
export interface ContributionRecord {
  goal_id: Types.ObjectId;
  /** The id of the payment in its own system; a goal counts each id once. */
  source_id: string;
  user_id: string;
  amount: number;
  created_at: Date;
}

export const contributionSchema = new Schema<ContributionRecord>(
  {
    goal_id: { type: Schema.Types.ObjectId, required: true },
    source_id: { type: String, required: true },
    user_id: { type: String, required: true },
    amount: { type: Number, required: true },
    created_at: { type: Date, required: true },
  },
  { collection: 'goal_contribution', versionKey: false },
);
contributionSchema.index({ goal_id: 1, source_id: 1 }, { unique: true });
contributionSchema.index({ goal_id: 1, user_id: 1, amount: 1 });

export const CONTRIBUTION_MODEL = 'GoalContribution';
