import type { GoalCreated } from '#contracts';
import { isId } from '#platform';

/** Name of the job and of its queue; a job's id is the goal's id. */
export const createGoal = 'create_goal';

/** What the job `create_goal` carries: all that GoalCreatedEvent will tell. */
export type CreateGoalJob = GoalCreated;

/** Whether a job says which goal it is for, enough of it to store it or to show why it is not. */
export function isCreateGoalJob(data: CreateGoalJob): boolean {
  const { goal_id, _cls, conditions, context, levels, nbf, exp } = data ?? {};
  return (
    isId(goal_id) &&
    typeof _cls === 'string' &&
    isId(conditions?.session_id) &&
    typeof context === 'object' &&
    Array.isArray(levels) &&
    isTime(nbf) &&
    (exp === null || isTime(exp))
  );
}

const isTime = (value: unknown) => typeof value === 'string' && !Number.isNaN(Date.parse(value));
