import type { NewGoal } from '#contracts';
import { Schema, type Types } from 'mongoose';
import type { GoalRecord } from './goal.schema.js';
import { createGoalJobs } from './create-goal.queue.js';
import { recordOf } from './new-goal.js';

/** An accepted request for a goal. It is stored before the answer, so that it outlives its job. */
export interface GoalRequestRecord {
  /** The place that the goal claims, `pair:{goal_id}` or `{slot}:{session_id}`; the goal's own id if it claims none. */
  _id: string;
  goal_id: Types.ObjectId;
  /** The version of the form of `goal`: that of the job which it is the data of. */
  v: number;
  goal: NewGoal;
  accepted_at: Date;
  /** Why the goal could not be stored, until a replay of its job stores it. */
  failed?: { reason: string; failure_id?: string };
  /** Set some time after the goal was stored and had its effect. From then on the record only holds the place. */
  stored?: boolean;
  /** How often the stored goal was found to lack something, and when it is looked at next. */
  looks?: number;
  look_at?: Date;
}

/** A goal whose job has not stored it yet, or never will. */
export interface WaitingGoal {
  record: GoalRecord;
  /** Why its job is dead; absent while it waits. */
  deadBecause?: string;
}

/**
 * The goal of a request, as it is while it is not stored. One in a form of another release is shown by what can be read of it, and
 * waits: only that release can say that it has failed, and cancel it.
 */
export const waitingGoal = (request: GoalRequestRecord): WaitingGoal =>
  createGoalJobs.knows(request.v)
    ? { record: recordOf(request.goal, request.accepted_at), deadBecause: request.failed?.reason }
    : { record: readableOf(request) };

function readableOf({ goal_id, goal, accepted_at }: GoalRequestRecord): GoalRecord {
  const { _cls, conditions, context, metadata, levels } = (goal ?? {}) as Partial<NewGoal>;
  return {
    _id: goal_id,
    _cls: typeof _cls === 'string' ? _cls : '',
    version: 0,
    levels,
    conditions: conditions ?? ({} as GoalRecord['conditions']),
    context: context ?? ({} as GoalRecord['context']),
    metadata,
    created_at: accepted_at,
  };
}

export const goalRequestSchema = new Schema<GoalRequestRecord>(
  {
    _id: String,
    goal_id: { type: Schema.Types.ObjectId, required: true },
    v: { type: Number, required: true },
    goal: {},
    accepted_at: { type: Date, required: true },
    failed: {},
    stored: Boolean,
    looks: Number,
    look_at: Date,
  },
  { collection: 'goal_request', versionKey: false, minimize: false },
);
goalRequestSchema.index({ goal_id: 1 });
goalRequestSchema.index({ stored: 1, accepted_at: 1 });
// Of what is not known to be stored alone, which is what the limits of a session ask for.
goalRequestSchema.index({ 'goal.conditions.session_id': 1 }, { partialFilterExpression: { stored: null } });

export const GOAL_REQUEST_MODEL = 'GoalRequest';
