import { CreateGoalCommand } from '../create-goal.command.js';

/** Asks for a ShowFundingGoal: viewers buy tickets towards a show. */
export class CreateShowFundingGoalCommand extends CreateGoalCommand {}
