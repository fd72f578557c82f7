import { ContributionStore } from '#contributions';
import { PeriodicTasks, StoreEpoch } from '#platform';
import { SessionStore } from '#sessions';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { outboxEntry } from '../goal/goal-changed.event.js';
import type { GoalRecord } from '../goal/goal.schema.js';
import { GoalStore } from '../goal/goal.store.js';
import { classOf } from '../goal/goal.view.js';
import { stepsSince } from '../goal/lifecycle.store.js';
import { PublicationStore } from '../goal/publication.store.js';
import { GoalsConfig } from '../goals.config.js';
import { SkippedGoals } from '../lifecycle/skipped-goals.js';
import { UnpublishedGoals } from '../publishing/unpublished-goals.js';
import { GoalEffects } from './goal-effects.js';

const mostOftenMs = 5_000;

/**
 * Publishes again what happened to goals since Redis lost its last writes: deliveries that were queued may be gone, and whether they
 * were made is known nowhere else. Events have the ids that they had, so that who got them before recognises them, and the ledger
 * keeps back what it still knows to be delivered. Changes of single fields (`goal.updated`), corrections and changes of access are
 * not kept once they are published, and are not published again.
 */
@Injectable()
export class Recovery implements OnModuleInit {
  constructor(
    private readonly tasks: PeriodicTasks,
    private readonly config: GoalsConfig,
    private readonly epoch: StoreEpoch,
    private readonly sessions: SessionStore,
    private readonly goals: GoalStore,
    private readonly effects: GoalEffects,
    private readonly contributions: ContributionStore,
    private readonly publications: PublicationStore,
    private readonly unpublished: UnpublishedGoals,
    private readonly skipped: SkippedGoals,
  ) {}

  onModuleInit(): void {
    this.tasks.register({
      name: 'recovery of what Redis lost',
      everyMs: Math.min(this.config.sweepIntervalMs, mostOftenMs),
      run: () => this.epoch.recover((since, goesOn) => this.publishSince(since, goesOn)),
    });
  }

  private async publishSince(since: Date, goesOn: () => Promise<void>): Promise<void> {
    // What the end of a session brings is delivered again by closing it once more.
    await this.sessions.reopenClosed(since);
    const goals = this.goals.changedSince(since);
    await this.skipped.each('sweep', announced(goals, goesOn), (_, goal) => this.publish(goal, since));
  }

  private async publish(goal: GoalRecord, since: Date): Promise<void> {
    // What there is to say of a goal of another release is for a worker of that release; failed ones are for a replay.
    if (!classOf(goal) || goal.failures?.length) return;
    const isSince = (date: Date | null | undefined) => !!date && date >= since;
    if (isSince(goal.created_at) && !goal.released) await this.effects.publishAgain(goal);
    const { settled_at, settlement } = goal;
    const isSettled = isSince(settled_at) && settlement !== undefined;
    const entries = [
      ...stepsSince(goal, since),
      ...(isSettled ? [outboxEntry({ type: 'goal.settled', ...settlement })] : []),
    ];
    const goalId = goal._id.toHexString();
    const changedAt = goal.performance?.reported_at ?? (await this.contributions.lastAt(goalId));
    if (entries.length === 0 && !isSince(changedAt)) return;
    await this.publications.publishAgain(goalId, entries, isSince(changedAt));
    await this.unpublished.changed(goalId, goal.unit);
  }
}

/** The batches, each of which says that the work goes on. */
async function* announced<Batch>(
  batches: AsyncIterable<Batch>,
  goesOn: () => Promise<void>,
): AsyncGenerator<Batch> {
  for await (const batch of batches) {
    await goesOn();
    yield batch;
  }
}
