import { Clock, PeriodicTasks } from '#platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CreateGoalQueue } from '../goal/create-goal.queue.js';
import type { GoalRequestRecord } from '../goal/goal-request.schema.js';
import { GoalRequestStore } from '../goal/goal-request.store.js';
import { GoalStore } from '../goal/goal.store.js';
import { GoalsConfig } from '../goals.config.js';

/** An accepted goal is looked for only after so long: before that its job is on its way. */
const settledWithinMs = 2_000;

const mostOftenMs = 10_000;

/**
 * Queues accepted goals again that are neither stored nor in the queue, since a process died between the two writes or Redis lost
 * the job. A job that is queued twice does no harm: its id is the goal's. Requests whose goals are stored are settled. One of
 * another release is queued as it is: the worker that does not know its version leaves the job to one that does.
 */
@Injectable()
export class RequestSweep implements OnModuleInit {
  constructor(
    private readonly tasks: PeriodicTasks,
    private readonly clock: Clock,
    private readonly config: GoalsConfig,
    private readonly requests: GoalRequestStore,
    private readonly goals: GoalStore,
    private readonly queue: CreateGoalQueue,
  ) {}

  onModuleInit(): void {
    this.tasks.register({
      name: 'sweep of accepted goals',
      everyMs: Math.min(this.config.sweepIntervalMs, mostOftenMs),
      run: () => this.run(),
    });
  }

  private async run(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - settledWithinMs);
    for await (const requests of this.requests.unstored(before)) await this.settle(requests);
  }

  private async settle(requests: GoalRequestRecord[]): Promise<void> {
    const idsOf = (some: GoalRequestRecord[]) => some.map(({ goal_id }) => goal_id.toHexString());
    // In this order: a job that is in the queue no more has stored its goal.
    const queued = await this.queue.existing(idsOf(requests));
    const stored = await this.goals.lifespans(idsOf(requests));
    await this.requests.settle(requests.filter(({ goal_id }) => stored.has(goal_id.toHexString())));
    for (const { goal_id, v, goal, accepted_at } of requests) {
      const goalId = goal_id.toHexString();
      if (!stored.has(goalId) && !queued.has(goalId)) await this.queue.addAs(v, goalId, goal, accepted_at);
    }
  }
}
