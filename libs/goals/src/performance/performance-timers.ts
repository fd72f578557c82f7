import { Clock } from '#platform';
import { Injectable } from '@nestjs/common';
import type { GoalRecord } from '../goal/goal.schema.js';
import { nextChange } from '../goal/performance.js';
import { hasEnded, isInSeconds } from '../goal/show-end.js';
import { GoalsConfig } from '../goals.config.js';
import { PerformanceQueue } from './performance.queue.js';

/** Sets the timers of live shows: when the next level is reached, or the silence begins. The end at exp has a timer of its own. */
@Injectable()
export class PerformanceTimers {
  constructor(
    private readonly clock: Clock,
    private readonly config: GoalsConfig,
    private readonly jobs: PerformanceQueue,
  ) {}

  /** Sets the timer for what comes next; nothing comes next of a show that is paused or has ended. */
  async set(show: GoalRecord): Promise<void> {
    if (!isInSeconds(show) || hasEnded(show)) return;
    const { performance, levels = [], exp } = show;
    const next = nextChange(performance, levels, this.clock.now(), this.config.performanceSilenceMs);
    if (next && !(exp && exp <= next)) await this.jobs.at(next, show._id.toHexString());
  }
}
