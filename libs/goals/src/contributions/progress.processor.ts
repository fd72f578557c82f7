import { isId, PeriodicTasks, ProcessJob } from '#platform';
import { Processor } from '@nestjs/bull';
import type { OnModuleInit } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import type { Job } from 'bull';
import type { Publication } from '../goal/goal.schema.js';
import { toGoal } from '../goal/goal.view.js';
import { ProgressStore } from '../goal/progress.store.js';
import { GoalProgressedEvent } from './goal-progressed.event.js';
import { type ProgressJob, ProgressQueue, progressQueue } from './progress.queue.js';
import { PublishedProgress } from './published-progress.js';
import { GoalsConfig } from '../goals.config.js';

/**
 * Processes the jobs `progress`, and finds what a process left unpublished that died right after it had counted. One
 * publication of a goal comes after the other; each has its content in the goal's document before anybody hears of it, so
 * that an event has the same content however often it is published.
 */
@Processor(progressQueue)
export class ProgressProcessor implements OnModuleInit {
  constructor(
    private readonly tasks: PeriodicTasks,
    private readonly config: GoalsConfig,
    private readonly jobs: ProgressQueue,
    private readonly progress: ProgressStore,
    private readonly published: PublishedProgress,
    private readonly events: EventBus,
  ) {}

  onModuleInit(): void {
    this.tasks.register({
      name: 'sweep of unpublished progress',
      everyMs: this.config.sweepIntervalMs,
      run: () => this.sweep(),
    });
  }

  @ProcessJob({ isReadable: ({ goal_id }: ProgressJob) => isId(goal_id) })
  async process({ id, data: { goal_id, slot_end } }: Job<ProgressJob>): Promise<void> {
    const publication = await this.progress.openPublication(goal_id, String(id));
    // Another job that is at it sees in the end that there is more.
    if (!publication) return;
    const event = eventOf(publication);
    await this.published.add(event);
    await this.events.publish(event);
    if (await this.progress.closePublication(goal_id, publication)) await this.jobs.add(goal_id, slot_end);
  }

  private async sweep(): Promise<void> {
    for await (const goalId of this.progress.unpublished()) await this.jobs.add(goalId);
  }
}

function eventOf({ goal: record, occurred_at }: Publication): GoalProgressedEvent {
  const goal = toGoal(record);
  const before = record.published_level ?? 0;
  const levels_reached = Array.from(
    { length: Math.max(0, goal.level - before) },
    (_, index) => before + index + 1,
  );
  const completes = levels_reached.includes(goal.levels.length);
  return new GoalProgressedEvent({ goal, levels_reached, completes }, occurred_at);
}
