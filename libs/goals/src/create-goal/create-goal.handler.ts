import type { NewGoal } from '#contracts';
import { type Caller, Problem, RequestContext } from '#platform';
import { Inject, Injectable } from '@nestjs/common';
import { Command, type ICommandHandler } from '@nestjs/cqrs';
import { CreateGoalQueue } from '../goal/create-goal.queue.js';
import { GOAL_CLASSES, type GoalClasses } from '../goal/goal-classes.js';
import { Placement } from './placement.js';
import { SessionGoalLimits } from './session-goal-limits.js';
import { SessionGuard } from './session-guard.js';

/** Asks for a goal. Each class has a command of its own. The result is the id under which the goal was accepted. */
export abstract class CreateGoalCommand extends Command<{ goal_id: string }> {
  constructor(
    readonly goal: NewGoal,
    readonly caller: Caller,
  ) {
    super();
  }
}

/** Accepts goals. The classes differ in their slot alone; the handler of a class may override this. */
@Injectable()
export abstract class CreateGoalHandler implements ICommandHandler<CreateGoalCommand> {
  constructor(
    @Inject(GOAL_CLASSES) private readonly classes: GoalClasses,
    private readonly guard: SessionGuard,
    private readonly placement: Placement,
    private readonly limits: SessionGoalLimits,
    private readonly queue: CreateGoalQueue,
  ) {}

  /** Stores the request, which is never lost from then on, and queues it. Throws if session, slot or limits do not allow it. */
  async execute({ goal, caller }: CreateGoalCommand): Promise<{ goal_id: string }> {
    const { goal_id, _cls, conditions } = goal;
    const { slot } = this.classes[_cls];
    const [session, opener] = await Promise.all([
      this.guard.sessionFor(conditions.session_id, caller),
      this.placement.findOpener(goal, slot),
    ]);
    const place = await this.placement.placeOf(goal, slot, session, opener);
    await this.limits.add(session, goal_id, slot.kind === 'opens-pair');
    try {
      const { accepted_at, isNew } = await this.placement.claim(place, goal, slot);
      try {
        await this.reserve(goal);
      } catch (error) {
        if (isNew && error instanceof Problem) await this.placement.giveUp(goal_id);
        throw error;
      }
      RequestContext.note({ goal_id });
      await this.queue.add(goal, accepted_at);
    } catch (error) {
      if (error instanceof Problem) await this.limits.remove(session, goal_id);
      throw error;
    }
    return { goal_id };
  }

  /** What else a class does once its goal has its place; it throws a problem if the goal is not to be. May be repeated. */
  protected reserve(_goal: NewGoal): Promise<void> {
    return Promise.resolve();
  }
}
