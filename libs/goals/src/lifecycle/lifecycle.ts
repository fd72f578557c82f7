import type { Actor } from '#audit';
import { Injectable } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import { FundingQueue } from '../funding/funding.queue.js';
import type { CancelReason, GoalRecord } from '../goal/goal.schema.js';
import { classOf, toGoal } from '../goal/goal.view.js';
import { endsAfter, LifecycleStore, type StepDetails, type StepOutcome } from '../goal/lifecycle.store.js';
import { stateOf } from '../goal/rules.js';
import { ProgressQueue } from '../contributions/progress.queue.js';
import { GoalMetrics } from './goal-metrics.js';
import { GoalActivatedEvent, GoalCancelledEvent, GoalExpiredEvent } from './lifecycle.events.js';

/**
 * Takes goals through their life and publishes each step. Every call may be repeated: a step that was taken already is published
 * again under the same event id, so that a process that died between step and event leaves no gap. The end of a show stands in
 * its outbox, from where it is published together with the progress that the show ended with, and so does a cancellation.
 */
@Injectable()
export class Lifecycle {
  constructor(
    private readonly store: LifecycleStore,
    private readonly events: EventBus,
    private readonly progress: ProgressQueue,
    private readonly metrics: GoalMetrics,
    private readonly funding: FundingQueue,
  ) {}

  /** Opens a scheduled goal. */
  async activate(goalId: string): Promise<void> {
    const outcome = await this.open(goalId);
    if (outcome?.goal.activated_at) await this.publishActivated(outcome.goal, outcome.goal.activated_at);
  }

  /**
   * Closes a goal whose window is over at `due`; one that was not opened in time is opened first, so that no event is missing. If
   * its end has moved beyond that, nothing is done but to return the new end.
   */
  async expire(goalId: string, due: Date): Promise<Date | undefined> {
    const opened = await this.open(goalId);
    if (opened?.taken && opened.goal.activated_at)
      await this.publishActivated(opened.goal, opened.goal.activated_at);
    const outcome = await this.end(goalId, 'expire', { due });
    if (!outcome) return undefined;
    const { goal, taken } = outcome;
    if (endsAfter(goal, due)) return goal.exp ?? undefined;
    if (taken && goal.exp && goal.ended_at) this.metrics.stepped('expire', goal.exp, goal.ended_at);
    if (stateOf(goal) === 'expired' && !isPublishedFromOutbox(goal)) await this.publishExpired(goal);
    await this.lookAtFunding(goal);
    return undefined;
  }

  /** Ends an open goal before its time; for `actor`, if somebody asked for it. */
  async cancel(goalId: string, reason: CancelReason, actor?: Actor): Promise<void> {
    const outcome = await this.end(goalId, 'cancel', { reason, actor });
    if (!outcome || stateOf(outcome.goal) !== 'cancelled') return;
    const { goal } = outcome;
    const isInOutbox = goal.outbox?.some(({ type }) => type === 'goal.cancelled') ?? false;
    if (classOf(goal) !== 'ShowGoal' && !isInOutbox) await this.publishCancelled(goal);
    await this.lookAtFunding(outcome.goal);
  }

  /** Publishes that a goal is cancelled. */
  async publishCancelled(goal: GoalRecord): Promise<void> {
    await this.events.publish(
      new GoalCancelledEvent({ goal: toGoal(goal), scheduled_for: null }, goal.ended_at),
    );
  }

  /** Publishes the steps again that a goal has taken since a moment. */
  async publishAgain(goal: GoalRecord, since: Date): Promise<void> {
    const { activated_at, ended_at } = goal;
    if (activated_at && activated_at >= since) await this.publishActivated(goal, activated_at);
    if (!ended_at || ended_at < since) return;
    if (stateOf(goal) === 'cancelled') await this.publishCancelled(goal);
    if (stateOf(goal) === 'expired') await this.publishExpired(goal);
  }

  private async end(
    goalId: string,
    transition: 'expire' | 'cancel',
    details?: StepDetails,
  ): Promise<StepOutcome | undefined> {
    const outcome = await this.store.step(goalId, transition, details);
    if (outcome?.goal.unpublished) await this.progress.add(goalId, { unit: outcome.goal.unit });
    return outcome;
  }

  /** The end of a funding goal says that a decision about its money may be due. */
  private async lookAtFunding(goal: GoalRecord): Promise<void> {
    if (classOf(goal) === 'ShowFundingGoal' && !goal.settled_at)
      await this.funding.add(goal._id.toHexString());
  }

  private async open(goalId: string): Promise<StepOutcome | undefined> {
    const outcome = await this.store.step(goalId, 'activate');
    const { nbf, activated_at, created_at } = outcome?.goal ?? {};
    // A goal that was asked for after its nbf had no timer.
    if (outcome?.taken && nbf && activated_at && created_at && nbf > created_at)
      this.metrics.stepped('activate', nbf, activated_at);
    return outcome;
  }

  private async publishExpired(goal: GoalRecord): Promise<void> {
    const isEarly = goal.ended_by !== undefined && goal.ended_by !== 'expired';
    const scheduled_for = isEarly ? null : iso(goal.exp);
    await this.events.publish(new GoalExpiredEvent({ goal: toGoal(goal), scheduled_for }, goal.ended_at));
  }

  private async publishActivated(goal: GoalRecord, at: Date): Promise<void> {
    await this.events.publish(
      new GoalActivatedEvent({ goal: toGoal(goal), scheduled_for: iso(goal.nbf) }, at),
    );
  }
}

/** The end of a show stands in its outbox, and that of a funding goal whose show began before its exp. */
const isPublishedFromOutbox = (goal: GoalRecord): boolean =>
  classOf(goal) === 'ShowGoal' ||
  Boolean(goal.exp && goal.countdown_ended_at && goal.countdown_ended_at < goal.exp);

function iso(date: Date | null | undefined): string | null {
  return date?.toISOString() ?? null;
}
