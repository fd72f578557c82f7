import { isId, JobWorkers, PeriodicTasks } from '#platform';
import { AppConfig } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import type { Queue } from 'bull';
import { GoalStore } from '../goal/goal.store.js';
import { toGoal } from '../goal/goal.view.js';
import { ProgressStore } from '../goal/progress.store.js';
import { GoalProgressedEvent } from './goal-progressed.event.js';
import { type ProgressJob, ProgressQueue, progressQueue } from './progress.queue.js';

const sweepLimit = 1000;

/** Works off the jobs `progress`, and finds what a process left untold that died right after it had counted. */
@Injectable()
export class ProgressProcessor implements OnModuleInit {
  constructor(
    private readonly workers: JobWorkers,
    private readonly tasks: PeriodicTasks,
    private readonly config: AppConfig,
    @InjectQueue(progressQueue) private readonly queue: Queue<ProgressJob>,
    private readonly jobs: ProgressQueue,
    private readonly goals: GoalStore,
    private readonly progress: ProgressStore,
    private readonly events: EventBus,
  ) {}

  onModuleInit(): void {
    this.workers.register({
      queue: this.queue,
      name: progressQueue,
      isReadable: ({ goal_id }) => isId(goal_id),
      run: ({ data }) => this.tell(data.goal_id),
    });
    this.tasks.register({
      name: 'sweep of untold progress',
      everyMs: this.config.lifecycle.sweepIntervalMs,
      run: () => this.sweep(),
    });
  }

  private async tell(goalId: string): Promise<void> {
    const goal = await this.goals.find(goalId);
    if (!goal?.untold) return;
    await this.events.publish(
      new GoalProgressedEvent({ goal: toGoal(goal), told_level: goal.told_level ?? 0 }),
    );
    await this.progress.markTold(goal);
  }

  private async sweep(): Promise<void> {
    for (const goalId of await this.progress.untold(sweepLimit)) await this.jobs.add(goalId);
  }
}
