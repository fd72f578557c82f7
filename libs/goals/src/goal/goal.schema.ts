import { goalClasses, type GoalContext, type GoalLevel } from '#contracts';
import type { PairOpener } from '#sessions';
import { Schema, type Types } from 'mongoose';
import { type GoalClasses, timedClasses } from './goal-classes.js';
import type { GoalState } from './rules.js';

/** A delivery that failed for good and left the goal incomplete. */
export interface GoalFailure {
  handler: string;
  reason: string;
  /** The same for all tries of a job until it is replayed; older documents lack it. */
  failure_id?: string;
}

/** Why a goal was cancelled: on its own, or because its session ended. */
export type CancelReason = 'cancelled' | 'session_ended';

/** A publication of progress that has begun: each try publishes just this, until it is closed. */
export interface Publication {
  /** The job that publishes it, and since when. */
  job: string;
  taken_at: Date;
  /** When it was begun, and the goal as it was then. */
  occurred_at: Date;
  goal: GoalRecord;
}

/** A goal as it is stored; older documents may lack what has a default. */
export interface GoalRecord {
  _id: Types.ObjectId;
  /** The class; documents of older writers may have its path, `Goal.ShowGoal`. */
  _cls: string;
  active?: boolean;
  status?: GoalState;
  /** Why it was cancelled. */
  cancel_reason?: CancelReason;
  activated_at?: Date;
  /** When it reached its last level; it takes contributions on up to its exp. */
  completed_at?: Date;
  /** When it expired or was cancelled. */
  ended_at?: Date;
  /** Absent while all is well. */
  failures?: GoalFailure[];
  /**
   * Set if it was cancelled because it had failed before it was bound: it takes no slot, and no handler binds it any more. Holds
   * the references that it named, which stand in no unique index here.
   */
  released?: Pick<GoalContext, PairOpener['reference']>;
  version?: number;
  levels?: GoalLevel[];
  level?: number;
  progress?: number;
  /** What progress and targets count; documents of older writers lack it. */
  unit?: string;
  /** Set while its progress has changed and that is not published. */
  unpublished?: boolean;
  /** What of its progress is being published. */
  publication?: Publication;
  /** The last level that was published; none is published twice. */
  published_level?: number;
  conditions: { session_id: string };
  context: GoalContext;
  metadata?: Record<string, unknown>;
  nbf?: Date;
  exp?: Date | null;
  created_at?: Date;
}

/** The forms in which a stored document may name these classes. */
export const storedClasses = (...classes: string[]): string[] =>
  classes.flatMap((goalClass) => [goalClass, `Goal.${goalClass}`]);

/** The schema, with the indexes that the timed classes and those that complete pairs need. */
export function goalSchema(classes: GoalClasses): Schema<GoalRecord> {
  const schema = new Schema<GoalRecord>(
    {
      _cls: { type: String, enum: storedClasses(...goalClasses), required: true },
      active: { type: Boolean, default: true },
      status: String,
      cancel_reason: String,
      activated_at: Date,
      completed_at: Date,
      ended_at: Date,
      failures: {
        type: [{ _id: false, handler: String, reason: String, failure_id: String }],
        default: undefined,
      },
      released: {},
      version: { type: Number, default: 0 },
      levels: [{ _id: false, title: String, target: Number }],
      level: { type: Number, default: 0 },
      progress: { type: Number, default: 0 },
      unit: String,
      unpublished: Boolean,
      publication: {},
      published_level: Number,
      conditions: {},
      context: {},
      metadata: {},
      nbf: Date,
      exp: Date,
      created_at: Date,
    },
    { collection: 'goal', versionKey: false, minimize: false },
  );
  schema.index({ 'conditions.session_id': 1, _id: 1 });
  schema.index({ _cls: 1, _id: 1 });
  schema.index({ status: 1, _id: 1 });
  schema.index({ _cls: 1, status: 1, _id: 1 });
  // Its keys are those of the index above, so that it needs a name of its own.
  schema.index(
    { _cls: 1, _id: 1 },
    { name: 'failed', partialFilterExpression: { 'failures.handler': { $exists: true } } },
  );
  schema.index({ unpublished: 1 }, { partialFilterExpression: { unpublished: true } });

  const timed = storedClasses(...timedClasses(classes));
  schema.index({ nbf: 1 }, { partialFilterExpression: { status: 'scheduled', _cls: { $in: timed } } });
  schema.index(
    { exp: 1 },
    { partialFilterExpression: { status: { $in: ['scheduled', 'active'] }, _cls: { $in: timed } } },
  );
  for (const goalClass of goalClasses) {
    const { slot } = classes[goalClass];
    if (slot.kind !== 'completes-pair') continue;
    // One goal of the class for each goal that opened a pair.
    const path = `context.${slot.opener.reference}`;
    schema.index(
      { [path]: 1 },
      {
        unique: true,
        partialFilterExpression: { _cls: { $in: storedClasses(goalClass) }, [path]: { $type: 'string' } },
      },
    );
  }
  return schema;
}

export const GOAL_MODEL = 'Goal';
