import { goalClasses, type GoalContext, type GoalLevel, type GoalStatus } from '#contracts';
import { Schema, type Types } from 'mongoose';

/** A delivery that died and left the goal incomplete. */
export interface GoalFailure {
  receiver: string;
  reason: string;
}

/** A goal as it is stored; older documents may lack what has a default. */
export interface GoalRecord {
  _id: Types.ObjectId;
  /** The class; documents of older writers may have its path, `Goal.ShowGoal`. */
  _cls: string;
  active: boolean;
  status?: Exclude<GoalStatus, 'pending' | 'failed'>;
  /** Absent while all is well. */
  failures?: GoalFailure[];
  version?: number;
  levels: GoalLevel[];
  level?: number;
  progress?: number;
  conditions: { session_id: string };
  context: GoalContext;
  metadata: Record<string, unknown>;
  nbf: Date;
  exp: Date | null;
  created_at: Date;
}

/** The forms in which a stored document may name these classes. */
export const storedClasses = (...classes: string[]): string[] =>
  classes.flatMap((goalClass) => [goalClass, `Goal.${goalClass}`]);

export const goalSchema = new Schema<GoalRecord>(
  {
    _cls: { type: String, enum: storedClasses(...goalClasses), required: true },
    active: { type: Boolean, default: true },
    status: String,
    failures: { type: [{ _id: false, receiver: String, reason: String }], default: undefined },
    version: { type: Number, default: 0 },
    levels: [{ _id: false, title: String, target: Number }],
    level: { type: Number, default: 0 },
    progress: { type: Number, default: 0 },
    conditions: {},
    context: {},
    metadata: {},
    nbf: Date,
    exp: Date,
    created_at: Date,
  },
  { collection: 'goal', versionKey: false, minimize: false },
);
goalSchema.index({ 'conditions.session_id': 1, created_at: 1, _id: 1 });
goalSchema.index(
  { 'context.funding_goal_id': 1 },
  {
    name: 'one_show_goal_per_funding_goal',
    unique: true,
    partialFilterExpression: {
      _cls: { $in: storedClasses('ShowGoal') },
      'context.funding_goal_id': { $type: 'string' },
    },
  },
);

export const GOAL_MODEL = 'Goal';
