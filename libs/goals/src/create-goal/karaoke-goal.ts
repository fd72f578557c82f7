import { CommandHandler } from '@nestjs/cqrs';
import { ApiSchema } from '@nestjs/swagger';
import { CreateGoalCommand, CreateGoalHandler } from './create-goal.handler.js';
import { GoalRequest } from './goal.request.js';

/** Body of goal_type=karaoke; exp may be left out. */
@ApiSchema({ name: 'KaraokeGoalRequest' })
export class KaraokeGoalRequest extends GoalRequest {}

/** Asks for a KaraokeGoal: viewers push a karaoke song. */
export class CreateKaraokeGoalCommand extends CreateGoalCommand {}

/** A session has one KaraokeGoal at a time. */
@CommandHandler(CreateKaraokeGoalCommand)
export class CreateKaraokeGoalHandler extends CreateGoalHandler {}
