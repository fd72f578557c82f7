import type { GoalClass } from '#contracts';
import { Clock, validationFailed } from '#platform';
import { Injectable } from '@nestjs/common';
import { goalFailed, goalNotFound } from '../goal/goal.problems.js';
import { classOf } from '../goal/goal.view.js';
import { isOpen } from '../goal/state.js';
import { GoalReader, type KnownGoal, notStored } from '../read-goal/goal.reader.js';

/** A goal that another one names, and what it has to be. */
export interface Reference {
  goalId: string;
  goalClass: GoalClass;
  sessionId: string;
  /** Where the body names it. */
  pointer: string;
}

/** Checks the goals that a new one refers to. */
@Injectable()
export class References {
  constructor(
    private readonly clock: Clock,
    private readonly goals: GoalReader,
  ) {}

  /** Throws where a named goal is unknown, still pending, of another class or of another session. */
  assertHolds(known: KnownGoal | undefined, { goalId, goalClass, sessionId, pointer }: Reference): void {
    if (!known) throw goalNotFound(`There is no goal ${goalId}.`);
    const record = 'stored' in known ? known.stored : known.waiting.record;
    const refuse = (detail: string) =>
      validationFailed('The request has invalid fields.', { errors: [{ pointer, detail }] });
    if (classOf(record) !== goalClass) throw refuse(`must be the id of a ${goalClass}`);
    if (record.conditions.session_id !== sessionId)
      throw refuse('must be the id of a goal of the same session');
    if ('waiting' in known) throw notStored(goalId, known.waiting);
    if (known.stored.released)
      throw goalFailed(`The goal ${goalId} was cancelled before it was bound.`, { goal_id: goalId });
  }

  /** Whether a goal keeps its place in a pair, as all do but one that was released; undefined where nobody knows of it. */
  async keepsPair(goalId: string): Promise<boolean | undefined> {
    const known = await this.goals.find(goalId);
    return known && !('stored' in known && known.stored.released);
  }

  /** Whether a goal is there and not over; undefined where nobody knows of it. */
  async isOpen(goalId: string): Promise<boolean | undefined> {
    const known = await this.goals.find(goalId);
    if (!known) return undefined;
    if ('waiting' in known) return known.waiting.deadBecause === undefined;
    return isOpen(known.stored, this.clock.now());
  }
}
