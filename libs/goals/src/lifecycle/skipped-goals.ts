import { isOutage } from '#platform';
import { Injectable, Logger } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';
import type { GoalRecord } from '../goal/goal.schema.js';

/** So many goals are remembered as logged. */
const remembered = 10_000;

/** Goals that a sweep or reconcile could not handle: each is logged once and counted each time, and the others go on. */
@Injectable()
export class SkippedGoals {
  private readonly logger = new Logger(SkippedGoals.name);
  private readonly logged = new Set<string>();
  private readonly skipped: Counter<'task'>;

  constructor(registry: Registry) {
    this.skipped = new Counter({
      name: 'goalpost_goals_skipped_total',
      help: 'Goals that a sweep or reconcile could not handle, counted in each round',
      labelNames: ['task'],
      registers: [registry],
    });
  }

  /** Handles all goals, those of a batch at once and each by itself; one that cannot be handled is noted. */
  async each(
    task: 'sweep' | 'reconcile',
    batches: AsyncIterable<GoalRecord[]>,
    handle: (goalId: string, goal: GoalRecord) => Promise<void>,
  ): Promise<void> {
    for await (const goals of batches) {
      // An async function of its own, so that what throws at once is the fault of that goal alone, too.
      const outcomes = await Promise.allSettled(
        goals.map(async (goal) => handle(goal._id.toHexString(), goal)),
      );
      for (const [index, outcome] of outcomes.entries())
        if (outcome.status === 'rejected') this.note(task, goals[index]!, outcome.reason);
    }
  }

  /** Notes that this goal was left out because of an error. An outage is no fault of the goal and is thrown on. */
  note(task: 'sweep' | 'reconcile', { _id }: { _id: unknown }, error: unknown): void {
    if (isOutage(error)) throw error;
    this.skipped.inc({ task });
    const key = `${task} ${String(_id)}`;
    if (this.logged.has(key)) return;
    if (this.logged.size >= remembered) this.logged.clear();
    this.logged.add(key);
    this.logger.error({
      msg: `${task}: the goal ${String(_id)} is left out: ${String(error)}`,
      goal_id: String(_id),
    });
  }
}
