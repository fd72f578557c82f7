import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Admission } from '../admission.js';
import { SolePlaces } from '../sole-places.js';
import { CreateKaraokeGoalCommand } from './create-karaoke-goal.command.js';

/** A session has one KaraokeGoal at a time. */
@CommandHandler(CreateKaraokeGoalCommand)
export class CreateKaraokeGoalHandler implements ICommandHandler<CreateKaraokeGoalCommand> {
  constructor(
    private readonly admission: Admission,
    private readonly places: SolePlaces,
  ) {}

  async execute(command: CreateKaraokeGoalCommand): Promise<{ goal_id: string }> {
    const session = await this.admission.sessionFor(command);
    const place = await this.places.claim('karaoke_goal', session, command.goalId);
    return this.admission.accept('KaraokeGoal', command, session, place);
  }
}
