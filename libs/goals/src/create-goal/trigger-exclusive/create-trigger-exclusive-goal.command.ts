import { CreateGoalCommand } from '../create-goal.command.js';

/** Asks for a TriggerExclusiveGoal: reaching it opens an exclusive goal. */
export class CreateTriggerExclusiveGoalCommand extends CreateGoalCommand {}
