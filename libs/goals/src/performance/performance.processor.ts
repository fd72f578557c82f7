import { Clock, PeriodicTasks, ProcessJob } from '#platform';
import { Processor } from '@nestjs/bull';
import type { OnModuleInit } from '@nestjs/common';
import type { Job } from 'bull';
import { UnpublishedGoals } from '../publishing/unpublished-goals.js';
import { PerformanceStore } from '../goal/performance.store.js';
import { hasEnded, isInSeconds, progressFields, standingOf } from '../goal/show-end.js';
import { GoalsConfig } from '../goals.config.js';
import { PerformanceTimers } from './performance-timers.js';
import {
  type PerformanceJob,
  performanceJobs,
  PerformanceQueue,
  performanceQueue,
} from './performance.queue.js';

/**
 * Processes the jobs `performance`: stores the level that a live show has reached, or that it counts as paused since nobody
 * reported of it. The sweep looks at all that are live, so that a Redis that lost its jobs costs time alone.
 */
@Processor(performanceQueue)
export class PerformanceProcessor implements OnModuleInit {
  constructor(
    private readonly clock: Clock,
    private readonly tasks: PeriodicTasks,
    private readonly config: GoalsConfig,
    private readonly shows: PerformanceStore,
    private readonly unpublished: UnpublishedGoals,
    private readonly timers: PerformanceTimers,
    private readonly jobs: PerformanceQueue,
  ) {}

  onModuleInit(): void {
    this.tasks.register({
      name: 'sweep of live shows',
      everyMs: this.config.sweepIntervalMs,
      run: () => this.sweep(),
    });
  }

  @ProcessJob(performanceJobs)
  async process({ data: { goal_id, scheduled_for } }: Job<PerformanceJob>): Promise<void> {
    if (await this.clock.reaches(new Date(scheduled_for))) await this.advance(goal_id);
  }

  private async advance(goalId: string): Promise<void> {
    for (;;) {
      const show = await this.shows.read(goalId);
      if (!show || !isInSeconds(show) || hasEnded(show)) return;
      const now = this.clock.now();
      const standing = standingOf(show, now, this.config.performanceSilenceMs);
      const { level = 0, performance } = show;
      if (standing.level === level && standing.state === (performance?.state ?? 'paused')) {
        await this.timers.set(show);
        return;
      }
      if (await this.shows.write(show, progressFields(show, standing, now)))
        await this.unpublished.progressed(goalId, show.unit);
    }
  }

  private async sweep(): Promise<void> {
    const now = this.clock.now();
    for await (const goalId of this.shows.live()) await this.jobs.at(now, goalId);
  }
}
