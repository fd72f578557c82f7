import { CreateGoalCommand } from '../create-goal.command.js';

/** Asks for a KaraokeGoal: viewers push a karaoke song. */
export class CreateKaraokeGoalCommand extends CreateGoalCommand {}
