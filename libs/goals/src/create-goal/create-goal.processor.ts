import { failureId, isLastTry, ProcessJob, reportFinalFailure, type Versioned, wasReplayed } from '#platform';
import { Processor } from '@nestjs/bull';
import { EventBus } from '@nestjs/cqrs';
import type { Job } from 'bull';
import type { NewGoal } from '#contracts';
import { GoalFailures } from '../goal/goal-failures.service.js';
import { createGoal, createGoalJobs } from '../goal/create-goal.queue.js';
import { GoalRequestStore } from '../goal/goal-request.store.js';
import { GoalStore } from '../goal/goal.store.js';
import { knownClassOf, toGoal } from '../goal/goal.view.js';
import { recordOf, GoalCreatedEvent } from '../goal/new-goal.js';

/** Processes the jobs `create_goal`: stores the goal, then publishes its event and waits for the handlers. */
@Processor(createGoal)
export class CreateGoalProcessor {
  constructor(
    private readonly goals: GoalStore,
    private readonly requests: GoalRequestStore,
    private readonly events: EventBus,
    private readonly failures: GoalFailures,
  ) {}

  @ProcessJob(createGoalJobs)
  async process(job: Job<Versioned<NewGoal>>): Promise<void> {
    // Stored by a process that does not know its class, it would reach no handler and still look whole.
    knownClassOf(job.data);
    const acceptedAt = new Date(job.timestamp);
    const { v: _v, ...goal } = job.data;
    try {
      const isNew = await this.goals.insert(recordOf(goal, acceptedAt));
      await this.events.publish(new GoalCreatedEvent(goal, acceptedAt, isNew));
    } catch (fault) {
      const error = fault as Error;
      if (isLastTry(job, error)) await reportFinalFailure(job, error, () => this.noteFailure(job, error));
      throw error;
    }
    if (wasReplayed(job)) await this.failures.clear(job.data.goal_id, createGoal);
  }

  private async noteFailure(job: Job<NewGoal>, { message: reason }: Error): Promise<void> {
    const goal = toGoal(recordOf(job.data, new Date(job.timestamp)));
    const failure_id = failureId(job);
    await this.requests.markFailed(goal.goal_id, { reason, failure_id });
    await this.failures.note(
      goal.goal_id,
      { handler: createGoal, reason, failure_id },
      { ...goal, active: false, status: 'failed', reason },
    );
  }
}
