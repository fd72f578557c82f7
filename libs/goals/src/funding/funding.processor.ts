import { Clock, DueLists, PeriodicTasks, ProcessJob } from '#platform';
import { Processor } from '@nestjs/bull';
import type { OnModuleInit } from '@nestjs/common';
import type { Job } from 'bull';
import { FundingStore } from '../goal/funding.store.js';
import { type FundingFacts, isSettled } from '../goal/outcome.js';
import { GoalsConfig } from '../goals.config.js';
import { SkippedGoals } from '../lifecycle/skipped-goals.js';
import { FundingMetrics } from './funding-metrics.js';
import { type FundingJob, fundingJobs, FundingQueue, fundingQueue } from './funding.queue.js';
import { FundingService } from './funding.service.js';

/** A settlement that is later than this counts as overdue. */
const overdueAfterMs = 60_000;

/** So many timers are taken at once. Countdowns that end together share their calls, and still more than one worker has some of them. */
const timersAtOnce = 128;

/**
 * Processes the jobs and timers of funding goals: takes the steps that are due. A sweep does the same for all goals whose
 * jobs may have been lost, and sets timers again should Redis have come back empty.
 */
@Processor(fundingQueue)
export class FundingProcessor implements OnModuleInit {
  constructor(
    private readonly tasks: PeriodicTasks,
    private readonly lists: DueLists,
    private readonly config: GoalsConfig,
    private readonly clock: Clock,
    private readonly store: FundingStore,
    private readonly funding: FundingService,
    private readonly queue: FundingQueue,
    private readonly skipped: SkippedGoals,
    private readonly metrics: FundingMetrics,
  ) {}

  onModuleInit(): void {
    this.lists.process(this.queue.timers, (goalIds) => this.fire(goalIds), timersAtOnce);
    this.tasks.register({
      name: 'sweep of funding goals',
      everyMs: this.config.sweepIntervalMs,
      run: () => this.sweep(),
    });
  }

  @ProcessJob(fundingJobs)
  async process({ data: { goal_id, scheduled_for } }: Job<FundingJob>): Promise<void> {
    if (scheduled_for === undefined || (await this.clock.reaches(new Date(scheduled_for))))
      await this.funding.advance(goal_id);
  }

  /** A look that fails becomes a job, which is retried and can be replayed. */
  private async fire(goalIds: string[]): Promise<void> {
    await Promise.all(
      goalIds.map((goalId) => this.funding.advance(goalId).catch(() => this.queue.add(goalId))),
    );
  }

  private async sweep(): Promise<void> {
    const now = this.clock.now();
    let overdue = 0;
    await this.skipped.each('sweep', this.store.due(now), async (goalId, { settle_by }) => {
      const isLate = settle_by !== undefined && settle_by.getTime() + overdueAfterMs < now.getTime();
      // One that cannot be handled is overdue, too.
      if (isLate) overdue += 1;
      const facts = await this.funding.advance(goalId);
      if (isLate && !(facts && isWaiting(facts))) overdue -= 1;
    });
    this.metrics.setOverdue(overdue);
    const soon = new Date(now.getTime() + 1.5 * this.config.sweepIntervalMs);
    await this.skipped.each('sweep', this.store.endingWithin(now, soon), (goalId, { exp }) =>
      this.queue.at(exp!, goalId),
    );
  }
}

/** Whether a goal whose time is over is not settled although no show holds it. */
const isWaiting = ({ outcome, show }: FundingFacts) =>
  !isSettled(outcome) && show !== 'on' && show !== 'accepted';
