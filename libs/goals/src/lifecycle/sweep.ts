import { AppConfig, Clock, PeriodicTasks } from '#platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { GoalRecord } from '../goal/goal.schema.js';
import { LifecycleStore } from '../goal/lifecycle.store.js';
import { Lifecycle } from './lifecycle.js';
import { LifecycleQueue } from './lifecycle.queue.js';

const batch = 200;

/**
 * Fires the timers that were missed, whether all was down or Redis lost its jobs, and sets again those that are due before
 * the next round. Where a timer is still there nothing happens twice: steps are compare-and-set, jobs have fixed ids.
 */
@Injectable()
export class Sweep implements OnModuleInit {
  constructor(
    private readonly tasks: PeriodicTasks,
    private readonly clock: Clock,
    private readonly config: AppConfig,
    private readonly store: LifecycleStore,
    private readonly lifecycle: Lifecycle,
    private readonly timers: LifecycleQueue,
  ) {}

  onModuleInit(): void {
    this.tasks.register({
      name: 'sweep of missed timers',
      everyMs: this.config.lifecycle.sweepIntervalMs,
      run: () => this.run(),
    });
  }

  private async run(): Promise<void> {
    const now = this.clock.now();
    await inBatches(
      () => this.store.dueToActivate(now, batch),
      ({ _id }) => this.lifecycle.activate(_id.toHexString()),
    );
    await inBatches(
      () => this.store.dueToExpire(now, batch),
      ({ _id }) => this.lifecycle.expire(_id.toHexString()),
    );
    const beforeNextRound = new Date(now.getTime() + 1.5 * this.config.lifecycle.sweepIntervalMs);
    for (const { _id, nbf } of await this.store.dueToActivate(beforeNextRound, 10 * batch))
      if (nbf) await this.timers.at(nbf, _id.toHexString(), 'activate');
    for (const { _id, exp } of await this.store.dueToExpire(beforeNextRound, 10 * batch))
      if (exp) await this.timers.at(exp, _id.toHexString(), 'expire');
  }
}

/** Handles what is due until nothing is; each batch leaves the query by being handled. */
async function inBatches(
  due: () => Promise<GoalRecord[]>,
  handle: (goal: GoalRecord) => Promise<void>,
): Promise<void> {
  for (;;) {
    const goals = await due();
    await Promise.all(goals.map(handle));
    if (goals.length < batch) return;
  }
}
