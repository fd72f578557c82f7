import { Schema, type Types } from 'mongoose';

/** What somebody gave towards a goal, as it is stored. */
export interface GoalContributionRecord {
  goal_id: Types.ObjectId;
  /** Id that the payment has where it comes from; a goal counts it once. */
  source_id: string;
  user_id: string;
  amount: number;
  created_at: Date;
}

export const goalContributionSchema = new Schema<GoalContributionRecord>(
  {
    goal_id: { type: Schema.Types.ObjectId, required: true },
    source_id: { type: String, required: true },
    user_id: { type: String, required: true },
    amount: { type: Number, required: true },
    created_at: { type: Date, required: true },
  },
  { collection: 'goal_contribution', versionKey: false },
);
goalContributionSchema.index({ goal_id: 1, source_id: 1 }, { unique: true });
goalContributionSchema.index({ goal_id: 1, user_id: 1, amount: 1 });

export const GOAL_CONTRIBUTION_MODEL = 'GoalContribution';
