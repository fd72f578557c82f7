import { CreateGoalCommand } from '../create-goal.command.js';

/** Asks for an ExclusiveGoal: what a trigger goal has opened. */
export class CreateExclusiveGoalCommand extends CreateGoalCommand {}
