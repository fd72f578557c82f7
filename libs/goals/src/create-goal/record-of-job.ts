import { toObjectId } from '#platform';
import type { GoalRecord } from '../goal/goal.schema.js';
import type { CreateGoalJob } from './create-goal.job.js';

/** The goal that a job describes, as it is before anything happened to it. */
export function recordOf(job: CreateGoalJob, acceptedAt: Date): GoalRecord {
  return {
    _id: toObjectId(job.goal_id),
    _cls: job._cls,
    active: job.active,
    status: job.active ? 'active' : 'scheduled',
    version: 0,
    levels: job.levels,
    level: 0,
    progress: 0,
    conditions: job.conditions,
    context: job.context,
    metadata: job.metadata,
    nbf: new Date(job.nbf),
    exp: job.exp === null ? null : new Date(job.exp),
    created_at: acceptedAt,
  };
}
