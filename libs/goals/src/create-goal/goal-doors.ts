import type { GoalClass } from '#contracts';
import type { CreateGoalCommand } from './create-goal.command.js';
import { CreateExclusiveGoalCommand } from './exclusive/create-exclusive-goal.command.js';
import { ExclusiveGoalRequest } from './exclusive/exclusive-goal.request.js';
import type { GoalRequest } from './goal.request.js';
import { CreateKaraokeGoalCommand } from './karaoke/create-karaoke-goal.command.js';
import { KaraokeGoalRequest } from './karaoke/karaoke-goal.request.js';
import { CreateShowFundingGoalCommand } from './show-funding/create-show-funding-goal.command.js';
import { ShowFundingGoalRequest } from './show-funding/show-funding-goal.request.js';
import { CreateShowGoalCommand } from './show/create-show-goal.command.js';
import { ShowGoalRequest } from './show/show-goal.request.js';
import { CreateTriggerExclusiveGoalCommand } from './trigger-exclusive/create-trigger-exclusive-goal.command.js';
import { TriggerExclusiveGoalRequest } from './trigger-exclusive/trigger-exclusive-goal.request.js';
import { CreateTriggerPrivateGoalCommand } from './trigger-private/create-trigger-private-goal.command.js';
import { TriggerPrivateGoalRequest } from './trigger-private/trigger-private-goal.request.js';

/** How a class of goals is asked for: the body it takes and the command it becomes. */
export interface GoalDoor {
  request: new () => GoalRequest;
  command: new (...args: ConstructorParameters<typeof CreateGoalCommand>) => CreateGoalCommand;
}

/** The door of every class. */
export const goalDoors: Record<GoalClass, GoalDoor> = {
  ShowGoal: { request: ShowGoalRequest, command: CreateShowGoalCommand },
  ShowFundingGoal: { request: ShowFundingGoalRequest, command: CreateShowFundingGoalCommand },
  KaraokeGoal: { request: KaraokeGoalRequest, command: CreateKaraokeGoalCommand },
  ExclusiveGoal: { request: ExclusiveGoalRequest, command: CreateExclusiveGoalCommand },
  TriggerExclusiveGoal: { request: TriggerExclusiveGoalRequest, command: CreateTriggerExclusiveGoalCommand },
  TriggerPrivateGoal: { request: TriggerPrivateGoalRequest, command: CreateTriggerPrivateGoalCommand },
};
