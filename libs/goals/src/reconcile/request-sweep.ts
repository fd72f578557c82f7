import { TrackQueue } from '#analytics';
import { Clock, DeliveryQueues, PeriodicTasks } from '#platform';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { CreateGoalQueue } from '../goal/create-goal.queue.js';
import type { GoalRequestRecord } from '../goal/goal-request.schema.js';
import { GoalRequestStore } from '../goal/goal-request.store.js';
import { GoalStore } from '../goal/goal.store.js';
import { classOf } from '../goal/goal.view.js';
import { GoalsConfig } from '../goals.config.js';
import { addedId, type Comparison, createdId, GoalEffects } from './goal-effects.js';

/** An accepted goal is looked at only after so long: before that its job is on its way. */
const settledWithinMs = 2_000;

const mostOftenMs = 10_000;

/** A goal that lacks something is looked at again after this, doubling with each look up to the longest wait. */
const againAfterMs = 10_000;
const longestWaitMs = 600_000;

/** After so many looks, most of an hour, a goal that nothing mends is left to reconcile. */
const mostLooks = 10;

/**
 * Sees that every accepted goal is stored and that its handlers had their effect. What has a request and neither goal nor job,
 * since a process died between two writes or Redis lost the job, is queued again; a stored goal that lacks an effect for which no
 * job is left is delivered again. Both are harmless if done twice: job ids and event ids are fixed. The request is settled once
 * nothing is missing. One of another release is queued as it is: the worker that does not know its version leaves the job to one
 * that does.
 */
@Injectable()
export class RequestSweep implements OnModuleInit {
  private readonly logger = new Logger(RequestSweep.name);

  constructor(
    private readonly tasks: PeriodicTasks,
    private readonly clock: Clock,
    private readonly config: GoalsConfig,
    private readonly requests: GoalRequestStore,
    private readonly goals: GoalStore,
    private readonly queue: CreateGoalQueue,
    private readonly effects: GoalEffects,
    private readonly deliveries: DeliveryQueues,
    private readonly tracking: TrackQueue,
  ) {}

  onModuleInit(): void {
    this.tasks.register({
      name: 'sweep of accepted goals',
      everyMs: Math.min(this.config.sweepIntervalMs, mostOftenMs),
      run: () => this.run(),
    });
  }

  /** The requests from before a moment that have neither a goal nor a job; they are queued again if that is wished. */
  async *lost(before: Date, fix: boolean): AsyncGenerator<GoalRequestRecord> {
    for await (const requests of this.requests.unstored(before)) {
      const idle = await this.withoutJob(requests);
      const stored = await this.goals.lifespans(idle.map(goalIdOf));
      const lost = idle.filter((request) => !stored.has(goalIdOf(request)));
      if (fix) await this.queueAgain(lost);
      yield* lost;
    }
  }

  private async run(): Promise<void> {
    const now = this.clock.now();
    const before = new Date(now.getTime() - settledWithinMs);
    const isTracking = await this.tracking.isBusy();
    for await (const requests of this.requests.unstored(before, now)) await this.look(requests, isTracking);
  }

  private async look(requests: GoalRequestRecord[], isTracking: boolean): Promise<void> {
    // In this order: a job that is in the queue no more has stored its goal and delivered its event.
    const idle = await this.withoutJob(requests);
    const goals = await this.goals.findAll(idle.map(goalIdOf));
    const stored = new Map(goals.map((goal) => [goal._id.toHexString(), goal]));
    await this.queueAgain(idle.filter((request) => !stored.has(goalIdOf(request))));
    // What waits for analytics is tracked in its time.
    const compared = await this.effects.compare(goals, { tracked: !isTracking });
    const lacking = new Map(
      compared
        .filter(({ missing, error }) => missing.length > 0 || error !== undefined)
        .map((comparison) => [comparison.goal._id.toHexString(), comparison]),
    );
    const done: GoalRequestRecord[] = [];
    const later: GoalRequestRecord[] = [];
    await Promise.all(
      idle.map(async (request) => {
        const goal = stored.get(goalIdOf(request));
        // One of a class that this release does not know is for a worker that does.
        if (!goal || !classOf(goal)) return;
        const comparison = lacking.get(goalIdOf(request));
        const isDone = comparison ? await this.mend(request, comparison) : !isTracking;
        if (isDone) done.push(request);
        else if (comparison) later.push(request);
      }),
    );
    await this.requests.settle(done);
    await this.requests.postpone(
      later.map((request) => ({ request, until: this.nextLook(request.looks ?? 0) })),
    );
  }

  /** Delivers what is missing, unless a job will; true if it is given up. */
  private async mend(request: GoalRequestRecord, comparison: Comparison): Promise<boolean> {
    const { missing, error } = comparison;
    const goalId = goalIdOf(request);
    const isGivenUp = (request.looks ?? 0) >= mostLooks;
    if (error === undefined && (await this.hasDelivery(goalId, missing))) return false;
    if (isGivenUp || error !== undefined) {
      const why = error === undefined ? `lacks ${missing.join(', ')}` : error.message;
      this.logger.error({ msg: `the goal ${goalId} is left to reconcile: ${why}`, goal_id: goalId });
      return true;
    }
    await this.effects.deliver(comparison);
    return false;
  }

  /** Whether a delivery to one of these handlers waits for a retry, or is dead and waits for a replay. */
  private async hasDelivery(goalId: string, handlers: string[]): Promise<boolean> {
    const queue = this.deliveries.of();
    const found = await Promise.all(
      handlers.map((handler) => {
        const eventId = handler === 'feed' ? addedId(goalId) : createdId(goalId);
        return queue.client.exists(queue.toKey(`${eventId}.${handler}`));
      }),
    );
    return found.some((count) => count > 0);
  }

  private async withoutJob(requests: GoalRequestRecord[]): Promise<GoalRequestRecord[]> {
    const queued = await this.queue.existing(requests.map(goalIdOf));
    return requests.filter((request) => !queued.has(goalIdOf(request)));
  }

  private async queueAgain(requests: GoalRequestRecord[]): Promise<void> {
    await Promise.all(
      requests.map(({ goal_id, v, goal, accepted_at }) =>
        this.queue.addAs(v, goal_id.toHexString(), goal, accepted_at),
      ),
    );
  }

  private nextLook(looks: number): Date {
    const waitMs = Math.min(againAfterMs * 2 ** looks, longestWaitMs);
    return new Date(this.clock.now().getTime() + waitMs);
  }
}

const goalIdOf = ({ goal_id }: GoalRequestRecord): string => goal_id.toHexString();
