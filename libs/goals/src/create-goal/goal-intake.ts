import { type GoalClass, goalClassOf } from '#contracts';
import { type Caller, Clock, type Operation } from '#platform';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { GoalReader } from '../read-goal/goal.reader.js';
import { unknownGoalType } from '../goal/goal.problems.js';
import { Backlog } from './backlog.js';
import { goalDoors } from './goal-doors.js';
import { readGoalIntent } from './read-goal-intent.js';

/** Turns what a client sends, over HTTP or as a message, into the command of its class. */
@Injectable()
export class GoalIntake {
  constructor(
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly goals: GoalReader,
    private readonly backlog: Backlog,
  ) {}

  /** Accepts a goal, or throws the problem that says why not. */
  async accept(
    goalType: unknown,
    body: unknown,
    caller: Caller,
    operation: Operation,
  ): Promise<{ goal_id: string }> {
    const goalClass = goalClassOf(goalType);
    if (!goalClass) throw unknownGoalType('Set goal_type to one of the documented types.');
    const accepted = await this.acceptedBefore(operation);
    if (accepted) return accepted;
    this.backlog.assertBearable();
    return this.command(goalClass, body, caller, operation);
  }

  /** What an earlier request of this operation was about to answer; the goal may not be acceptable any more by now. */
  private async acceptedBefore({ id, isResumed }: Operation): Promise<{ goal_id: string } | undefined> {
    return isResumed && (await this.goals.find(id)) ? { goal_id: id } : undefined;
  }

  private command(
    goalClass: GoalClass,
    body: unknown,
    caller: Caller,
    { id }: Operation,
  ): Promise<{ goal_id: string }> {
    const { request, command } = goalDoors[goalClass];
    return this.commands.execute(
      new command(id, caller, readGoalIntent(goalClass, request, body, this.clock.now())),
    );
  }
}
