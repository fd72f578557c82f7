import { isLastTry, JobWorkers, wasDead } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import type { Job, Queue } from 'bull';
import { GoalStore } from '../goal/goal.store.js';
import { GoalCreatedEvent } from '../goal-created/goal-created.event.js';
import { createGoal, type CreateGoalJob } from './create-goal.job.js';
import { recordOf } from './record-of-job.js';

/** Works off the jobs `create_goal`: stores the goal, then tells every receiver and waits for their answers. */
@Injectable()
export class CreateGoalProcessor implements OnModuleInit {
  constructor(
    private readonly workers: JobWorkers,
    @InjectQueue(createGoal) private readonly queue: Queue<CreateGoalJob>,
    private readonly goals: GoalStore,
    private readonly events: EventBus,
  ) {}

  onModuleInit(): void {
    this.workers.register({ queue: this.queue, name: createGoal, run: (job) => this.run(job) });
  }

  private async run(job: Job<CreateGoalJob>): Promise<void> {
    const acceptedAt = new Date(job.timestamp);
    await this.goals.insert(recordOf(job.data, acceptedAt));
    try {
      await this.events.publish(new GoalCreatedEvent(job.data, acceptedAt));
    } catch (error) {
      if (isLastTry(job, error as Error))
        await this.goals.markFailed(job.data.goal_id, createGoal, String(error));
      throw error;
    }
    if (wasDead(job)) await this.goals.clearFailure(job.data.goal_id, createGoal);
  }
}
