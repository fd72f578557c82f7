import { CreateGoalCommand } from '../create-goal.command.js';

/** Asks for a ShowGoal: the show that a funding goal has paid for. */
export class CreateShowGoalCommand extends CreateGoalCommand {}
