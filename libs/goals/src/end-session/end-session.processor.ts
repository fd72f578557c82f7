import { PeriodicTasks, ProcessJob } from '#platform';
import { RevokeQueue } from '#livestream';
import { type SessionRecord, SessionStore } from '#sessions';
import { Processor } from '@nestjs/bull';
import type { OnModuleInit } from '@nestjs/common';
import type { Job } from 'bull';
import type { GoalRecord } from '../goal/goal.schema.js';
import { LifecycleStore } from '../goal/lifecycle.store.js';
import { FundingService } from '../funding/funding.service.js';
import { FundingStore } from '../goal/funding.store.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import { UnpublishedGoals } from '../publishing/unpublished-goals.js';
import { endSession, type EndSessionJob, endSessionJobs, EndSessionQueue } from './end-session.queue.js';
import { GoalsConfig } from '../goals.config.js';

const sweepLimit = 1000;

/**
 * Processes the jobs `end_session`: cancels every open goal of the session in bulk, and settles the funding goals. A sweep queues those jobs again that were lost or failed: a session counts as closed only once all of it
 * is done.
 */
@Processor(endSession)
export class EndSessionProcessor implements OnModuleInit {
  private sweptUpTo?: string;

  constructor(
    private readonly tasks: PeriodicTasks,
    private readonly config: GoalsConfig,
    private readonly jobs: EndSessionQueue,
    private readonly sessions: SessionStore,
    private readonly goals: LifecycleStore,
    private readonly lifecycle: Lifecycle,
    private readonly unpublished: UnpublishedGoals,
    private readonly revocations: RevokeQueue,
    private readonly fundingGoals: FundingStore,
    private readonly funding: FundingService,
  ) {}

  onModuleInit(): void {
    this.tasks.register({
      name: 'sweep of ended sessions',
      everyMs: this.config.sweepIntervalMs,
      run: () => this.sweep(),
    });
  }

  @ProcessJob(endSessionJobs)
  async process({ data: { session_id } }: Job<EndSessionJob>): Promise<void> {
    await this.close(session_id);
  }

  /** Does all that the end of a session brings. May be repeated; throws if a part of it has failed. */
  async close(sessionId: string): Promise<void> {
    const session = await this.sessions.find(sessionId);
    for await (const goalIds of this.goals.cancelAllOf(sessionId))
      await Promise.all(goalIds.map((goalId) => this.unpublished.changed(goalId)));
    for await (const showId of this.goals.showsOf(sessionId))
      await this.lifecycle.cancel(showId, 'session_ended');
    const failures: unknown[] = [];
    for await (const goals of this.fundingGoals.unsettledOf(sessionId))
      failures.push(...(await this.settleAll(goals)));
    // A goal that could not be settled did not hold up the others; the job is retried for it.
    if (failures.length > 0) throw failures[0];
    if (session) await this.revokeAccess(session);
    await this.sessions.markClosed(sessionId);
  }

  /** Has the viewers of all shows of a session notified that they may watch no longer. */
  private async revokeAccess({ _id, user, show_goal_pairs = [] }: SessionRecord): Promise<void> {
    for (const { funding_goal } of show_goal_pairs)
      await this.revocations.add({
        funding_goal_id: funding_goal.toHexString(),
        session_id: _id.toHexString(),
        streamer_id: user.toHexString(),
        cause: 'session_ended',
      });
  }

  /** Decides about the money of funding goals; one with a show that is being created is decided about once that has ended. */
  private settleAll(goals: GoalRecord[]): Promise<unknown[]> {
    return failuresOf(goals.map(({ _id }) => this.funding.advance(_id.toHexString())));
  }

  /** Continues behind the last id in each round, so that a session that fails again and again does not hold up others. */
  private async sweep(): Promise<void> {
    const sessionIds = await this.sessions.unclosed(this.sweptUpTo, sweepLimit);
    for (const sessionId of sessionIds) await this.jobs.add(sessionId);
    this.sweptUpTo = sessionIds.length === sweepLimit ? sessionIds.at(-1) : undefined;
  }
}

/** Waits for all of them; returns what failed. */
async function failuresOf(runs: Promise<unknown>[]): Promise<unknown[]> {
  const outcomes = await Promise.allSettled(runs);
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
}
