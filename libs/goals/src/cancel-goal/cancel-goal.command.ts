import type { Goal } from '#contracts';
import type { Caller } from '#platform';
import { Command } from '@nestjs/cqrs';

/** Asks to end an open goal before its time. The result is the goal after it. */
export class CancelGoalCommand extends Command<Goal> {
  constructor(
    readonly goalId: string,
    readonly caller: Caller,
  ) {
    super();
  }
}
