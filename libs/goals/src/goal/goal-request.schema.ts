import type { NewGoal } from '#contracts';
import { Schema, type Types } from 'mongoose';
import type { GoalRecord } from './goal.schema.js';
import { recordOf } from './new-goal.js';

/** Version of the form of `goal` in a request. */
export const requestVersion = 1;

/** An accepted request for a goal. It is stored before the answer, so that it outlives its job. */
export interface GoalRequestRecord {
  /** The place that the goal claims, `pair:{goal_id}` or `{slot}:{session_id}`; the goal's own id if it claims none. */
  _id: string;
  goal_id: Types.ObjectId;
  v: number;
  goal: NewGoal;
  accepted_at: Date;
  /** Why the goal could not be stored, until a replay of its job stores it. */
  failed?: { reason: string; failure_id?: string };
  /** Set some time after the goal was stored. From then on the record only holds the place. */
  stored?: boolean;
}

/** A goal whose job has not stored it yet, or never will. */
export interface WaitingGoal {
  record: GoalRecord;
  /** Why its job is dead; absent while it waits. */
  deadBecause?: string;
}

/** The goal of a request, as it is while it is not stored. */
export const waitingGoal = ({ goal, accepted_at, failed }: GoalRequestRecord): WaitingGoal => ({
  record: recordOf(goal, accepted_at),
  deadBecause: failed?.reason,
});

export const goalRequestSchema = new Schema<GoalRequestRecord>(
  {
    _id: String,
    goal_id: { type: Schema.Types.ObjectId, required: true },
    v: { type: Number, required: true },
    goal: {},
    accepted_at: { type: Date, required: true },
    failed: {},
    stored: Boolean,
  },
  { collection: 'goal_request', versionKey: false, minimize: false },
);
goalRequestSchema.index({ goal_id: 1 });
goalRequestSchema.index({ stored: 1, accepted_at: 1 });

export const GOAL_REQUEST_MODEL = 'GoalRequest';
