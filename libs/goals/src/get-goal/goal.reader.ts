import type { Goal } from '#contracts';
import { isId } from '#platform';
import { Injectable } from '@nestjs/common';
import { CreateGoalQueue, type WaitingGoal } from '../create-goal/create-goal.queue.js';
import { goalNotFound } from '../goal/goal.problems.js';
import type { GoalRecord } from '../goal/goal.schema.js';
import { GoalStore } from '../goal/goal.store.js';
import { toGoal } from '../goal/goal.view.js';

/** A goal wherever it is: stored, or still in the queue. */
export type KnownGoal = { stored: GoalRecord } | { waiting: WaitingGoal };

/** Finds goals for those who answer a request. */
@Injectable()
export class GoalReader {
  constructor(
    private readonly goals: GoalStore,
    private readonly queue: CreateGoalQueue,
  ) {}

  /** Looks for a goal in the collection and in the queue. */
  async find(goalId: string): Promise<KnownGoal | undefined> {
    if (!isId(goalId)) return undefined;
    const stored = await this.goals.find(goalId);
    if (stored) return { stored };
    const waiting = await this.queue.find(goalId);
    if (waiting) return { waiting };
    // Its job may have ended between the two looks.
    const meanwhile = await this.goals.find(goalId);
    return meanwhile ? { stored: meanwhile } : undefined;
  }

  /** The goal as it is answered; throws goal_not_found where there is none. */
  async get(goalId: string): Promise<Goal> {
    const known = await this.find(goalId);
    if (!known) throw goalNotFound(`There is no goal ${goalId}.`);
    if ('stored' in known) return toGoal(known.stored);
    const { record, deadBecause } = known.waiting;
    const goal = { ...toGoal(record), active: false };
    return deadBecause === undefined
      ? { ...goal, status: 'pending' }
      : { ...goal, status: 'failed', reason: deadBecause };
  }
}
