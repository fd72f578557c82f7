import type { Goal } from '#contracts';
import { Clock, isId, type Problem } from '#platform';
import { Injectable } from '@nestjs/common';
import { type WaitingGoal, waitingGoal } from '../goal/goal-request.schema.js';
import { GoalRequestStore } from '../goal/goal-request.store.js';
import { goalFailed, goalNotFound, goalPending } from '../goal/goal.problems.js';
import type { GoalRecord } from '../goal/goal.schema.js';
import { GoalStore } from '../goal/goal.store.js';
import { toGoal } from '../goal/goal.view.js';
import { asOf } from '../goal/show-end.js';
import { GoalsConfig } from '../goals.config.js';

/** A goal wherever it is: stored, or accepted only. */
export type KnownGoal = { stored: GoalRecord } | { waiting: WaitingGoal };

/** Finds goals for those who answer a request. */
@Injectable()
export class GoalReader {
  constructor(
    private readonly goals: GoalStore,
    private readonly requests: GoalRequestStore,
    private readonly clock: Clock,
    private readonly config: GoalsConfig,
  ) {}

  /** Looks for a goal among those that are stored and those that are accepted. */
  async find(goalId: string): Promise<KnownGoal | undefined> {
    if (!isId(goalId)) return undefined;
    const stored = await this.goals.find(goalId);
    if (stored) return { stored };
    const request = await this.requests.find(goalId);
    if (request && !request.stored) return { waiting: waitingGoal(request) };
    // It may have been stored between the two looks.
    const meanwhile = await this.goals.find(goalId);
    return meanwhile ? { stored: meanwhile } : undefined;
  }

  /** The stored goal; throws goal_not_found, or the problem that says why it is not stored. */
  async stored(goalId: string): Promise<GoalRecord> {
    const known = await this.find(goalId);
    if (!known) throw goalNotFound(`There is no goal ${goalId}.`);
    if ('stored' in known) return known.stored;
    throw notStored(goalId, known.waiting);
  }

  /** A stored goal as it is answered now: the seconds of a live show run on between what is stored. */
  show(stored: GoalRecord): Goal {
    return toGoal(asOf(stored, this.clock.now(), this.config.performanceSilenceMs));
  }

  /** The goal as it is answered; throws goal_not_found if there is none. */
  async get(goalId: string): Promise<Goal> {
    const known = await this.find(goalId);
    if (!known) throw goalNotFound(`There is no goal ${goalId}.`);
    if ('stored' in known) return this.show(known.stored);
    const { record, deadBecause } = known.waiting;
    const goal = { ...toGoal(record), active: false };
    return deadBecause === undefined
      ? { ...goal, status: 'pending' }
      : { ...goal, status: 'failed', reason: deadBecause };
  }
}

/** Why a goal that was accepted is not stored: its job waits, or is dead. */
export function notStored(goalId: string, { deadBecause }: WaitingGoal): Problem {
  return deadBecause === undefined
    ? goalPending(`The goal ${goalId} is still being created.`, { goal_id: goalId })
    : goalFailed(`The goal ${goalId} could not be created: ${deadBecause}`, { goal_id: goalId });
}
