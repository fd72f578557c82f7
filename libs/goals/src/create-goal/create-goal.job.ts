import type { GoalCreated } from '#contracts';

/** Name of the job and of its queue; a job's id is the goal's id. */
export const createGoal = 'create_goal';

/** What the job `create_goal` carries: all that GoalCreatedEvent will tell. */
export type CreateGoalJob = GoalCreated;
