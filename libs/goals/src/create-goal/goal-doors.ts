import type { GoalClass } from '#contracts';
import type { CreateGoalCommand } from './create-goal.command.js';
import type { GoalRequest } from './goal.request.js';
import { CreateShowFundingGoalCommand } from './show-funding/create-show-funding-goal.command.js';
import { ShowFundingGoalRequest } from './show-funding/show-funding-goal.request.js';
import { CreateShowGoalCommand } from './show/create-show-goal.command.js';
import { ShowGoalRequest } from './show/show-goal.request.js';

/** How a class of goals is asked for: the body it takes and the command it becomes. */
export interface GoalDoor {
  request: new () => GoalRequest;
  command: new (...args: ConstructorParameters<typeof CreateGoalCommand>) => CreateGoalCommand;
}

/** The door of every class that can be created. */
export const goalDoors: Partial<Record<GoalClass, GoalDoor>> = {
  ShowGoal: { request: ShowGoalRequest, command: CreateShowGoalCommand },
  ShowFundingGoal: { request: ShowFundingGoalRequest, command: CreateShowFundingGoalCommand },
};
