import { Clock, PeriodicTasks } from '#platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LifecycleStore } from '../goal/lifecycle.store.js';
import { SkippedGoals } from './skipped-goals.js';
import { Lifecycle } from './lifecycle.js';
import { LifecycleQueue } from './lifecycle.queue.js';
import { GoalsConfig } from '../goals.config.js';

/**
 * Fires the timers that were missed, whether all was down or Redis lost its jobs, and sets again those that are due before
 * the next round. Where a timer is still there nothing happens twice: steps are compare-and-set, jobs have fixed ids. A
 * goal that cannot be handled is left out, and the others go on.
 */
@Injectable()
export class Sweep implements OnModuleInit {
  constructor(
    private readonly tasks: PeriodicTasks,
    private readonly clock: Clock,
    private readonly config: GoalsConfig,
    private readonly store: LifecycleStore,
    private readonly lifecycle: Lifecycle,
    private readonly timers: LifecycleQueue,
    private readonly skipped: SkippedGoals,
  ) {}

  onModuleInit(): void {
    this.tasks.register({
      name: 'sweep of missed timers',
      everyMs: this.config.sweepIntervalMs,
      run: () => this.run(),
    });
  }

  private async run(): Promise<void> {
    const now = this.clock.now();
    const missed = { to: now };
    await this.skipped.each('sweep', this.store.dueToActivate(missed), (goalId) =>
      this.lifecycle.activate(goalId),
    );
    await this.skipped.each('sweep', this.store.dueToExpire(missed), async (goalId) => {
      await this.lifecycle.expire(goalId, now);
    });
    const upcoming = {
      from: now,
      to: new Date(now.getTime() + 1.5 * this.config.sweepIntervalMs),
    };
    await this.skipped.each('sweep', this.store.dueToActivate(upcoming), (goalId, { nbf }) =>
      this.timers.at(nbf!, goalId, 'activate'),
    );
    await this.skipped.each('sweep', this.store.dueToExpire(upcoming), (goalId, { exp }) =>
      this.timers.at(exp!, goalId, 'expire'),
    );
  }
}
