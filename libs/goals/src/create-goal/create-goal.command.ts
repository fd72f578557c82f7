import type { GoalContext, GoalLevel } from '#contracts';
import type { Caller } from '#platform';
import { Command } from '@nestjs/cqrs';
import type { GoalWindow } from '../goal/window.js';

/** What a checked body says: who it refers to, what to reach and when. */
export interface GoalIntent {
  context: Omit<GoalContext, 'type'>;
  levels: GoalLevel[];
  window: GoalWindow;
}

/** Asks for a goal; each class has a command of its own. The result is the id under which the goal was accepted. */
export abstract class CreateGoalCommand extends Command<{ goal_id: string }> {
  constructor(
    readonly goalId: string,
    readonly caller: Caller,
    readonly intent: GoalIntent,
  ) {
    super();
  }
}
