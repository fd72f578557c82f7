import { CreateGoalCommand } from '../create-goal.command.js';

/** Asks for a TriggerPrivateGoal: reaching it opens a private show. */
export class CreateTriggerPrivateGoalCommand extends CreateGoalCommand {}
