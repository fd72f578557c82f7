import type { Actor } from '#audit';
import { Injectable } from '@nestjs/common';
import { FundingQueue } from '../funding/funding.queue.js';
import type { CancelReason } from '../goal/goal.schema.js';
import { classOf } from '../goal/goal.view.js';
import { endsAfter, LifecycleStore, type StepDetails, type StepOutcome } from '../goal/lifecycle.store.js';
import type { Transition } from '../goal/rules.js';
import { UnpublishedGoals } from '../publishing/unpublished-goals.js';
import { GoalMetrics } from './goal-metrics.js';

/**
 * Takes goals through their life. Every call may be repeated. Each step stands in the goal's outbox, from where it is published
 * together with the progress that the goal had then.
 */
@Injectable()
export class Lifecycle {
  constructor(
    private readonly store: LifecycleStore,
    private readonly goals: UnpublishedGoals,
    private readonly metrics: GoalMetrics,
    private readonly funding: FundingQueue,
  ) {}

  /** Opens a scheduled goal. */
  async activate(goalId: string): Promise<void> {
    const outcome = await this.step(goalId, 'activate');
    const { nbf, activated_at, created_at } = outcome?.goal ?? {};
    // A goal that was asked for after its nbf had no timer.
    if (outcome?.taken && nbf && activated_at && created_at && nbf > created_at)
      this.metrics.stepped('activate', nbf, activated_at);
  }

  /**
   * Closes a goal whose window is over at `due`; one that was not opened in time is opened first, so that no event is missing. If
   * its end has moved beyond that, nothing is done but to return the new end. A funding goal ends with its countdown.
   */
  async expire(goalId: string, due: Date): Promise<Date | undefined> {
    await this.activate(goalId);
    const outcome = await this.step(goalId, 'expire', { due });
    if (!outcome) return undefined;
    const { goal, taken } = outcome;
    if (endsAfter(goal, due)) return goal.exp ?? undefined;
    if (taken && goal.exp && goal.ended_at) this.metrics.stepped('expire', goal.exp, goal.ended_at);
    return undefined;
  }

  /** Ends an open goal before its time; for `actor`, if somebody asked for it. */
  async cancel(goalId: string, reason: CancelReason, actor?: Actor): Promise<void> {
    const outcome = await this.step(goalId, 'cancel', { reason, actor });
    // A decision about the money of a funding goal is due.
    if (outcome && classOf(outcome.goal) === 'ShowFundingGoal' && !outcome.goal.settled_at)
      await this.funding.add(goalId);
  }

  private async step(
    goalId: string,
    transition: Transition,
    details?: StepDetails,
  ): Promise<StepOutcome | undefined> {
    const outcome = await this.store.step(goalId, transition, details);
    if (outcome?.goal.unpublished) await this.goals.changed(goalId, outcome.goal.unit);
    return outcome;
  }
}
