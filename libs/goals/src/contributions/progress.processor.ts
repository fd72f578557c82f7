import { PeriodicTasks, ProcessJob } from '#platform';
import { Processor } from '@nestjs/bull';
import type { OnModuleInit } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import type { Job } from 'bull';
import {
  assertKnownEntries,
  GoalCorrectedEvent,
  GoalSettledEvent,
  GoalUpdatedEvent,
  type OutboxEvent,
} from '../goal/goal-changed.event.js';
import { GoalCancelledEvent, GoalExpiredEvent, type LifecycleEvent } from '../lifecycle/lifecycle.events.js';
import type { GoalRecord, Publication } from '../goal/goal.schema.js';
import { knownClassOf, toGoal } from '../goal/goal.view.js';
import { ProgressStore } from '../goal/progress.store.js';
import { SkippedGoals } from '../lifecycle/skipped-goals.js';
import { GoalProgressedEvent } from './goal-progressed.event.js';
import { type ProgressJob, progressJobs, ProgressQueue, progressQueue } from './progress.queue.js';
import { PublishedProgress } from './published-progress.js';
import { GoalsConfig } from '../goals.config.js';

/**
 * Processes the jobs `progress`: publishes how far a goal is and what its outbox holds, and finds what a process left
 * unpublished that died right after it had written. One
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
    private readonly skipped: SkippedGoals,
  ) {}

  onModuleInit(): void {
    this.tasks.register({
      name: 'sweep of unpublished progress',
      everyMs: this.config.sweepIntervalMs,
      run: () => this.sweep(),
    });
  }

  @ProcessJob(progressJobs)
  async process({ id, data: { goal_id, slot_end } }: Job<ProgressJob>): Promise<void> {
    const publication = await this.progress.openPublication(goal_id, String(id));
    // Another job that is at it sees in the end that there is more.
    if (!publication) return;
    // What there is to say of a goal of another release is for a worker of that release.
    knownClassOf(publication.goal);
    assertKnownEntries(publication.goal.outbox ?? []);
    const progressed = progressedEvent(publication);
    if (progressed) {
      await this.published.add(progressed);
      await this.events.publish(progressed);
    }
    for (const event of outboxEventsOf(publication)) await this.events.publish(event);
    if (await this.progress.closePublication(goal_id, publication))
      await this.jobs.add(goal_id, { unit: publication.goal.unit, slotEnd: slot_end });
  }

  private async sweep(): Promise<void> {
    await this.skipped.each('sweep', this.progress.unpublished(), (goalId, { unit, outbox = [] }) => {
      // The job of one that is left to another release would wait beside those of the rounds before.
      assertKnownEntries(outbox);
      return this.jobs.add(goalId, { unit });
    });
  }
}

/** The event that a goal has come further; undefined if it is as far as it was published last. */
function progressedEvent({ goal: record, occurred_at }: Publication): GoalProgressedEvent | undefined {
  const goal = toGoal(record);
  if (isPublished(record)) return undefined;
  const before = record.published_level ?? 0;
  const levels_reached = Array.from(
    { length: Math.max(0, goal.peak_level - before) },
    (_, index) => before + index + 1,
  );
  const completes = levels_reached.includes(goal.levels.length);
  const funds = goal.minimum_level !== null && levels_reached.includes(goal.minimum_level);
  return new GoalProgressedEvent({ goal, levels_reached, completes, funds }, occurred_at);
}

function isPublished({ published, ...goal }: GoalRecord): boolean {
  const fields = ['progress', 'level', 'late_tickets'] as const;
  return (
    fields.every((field) => (goal[field] ?? 0) === (published?.[field] ?? 0)) &&
    (goal.performance?.state ?? 'paused') === (published?.state ?? 'paused') &&
    (goal.peak_level ?? goal.level ?? 0) <= (goal.published_level ?? 0)
  );
}

/** The events of an outbox. Updates that are published together are one. */
function outboxEventsOf({ goal: record, occurred_at }: Publication): (OutboxEvent | LifecycleEvent)[] {
  const goal = toGoal(record);
  const entries = record.outbox ?? [];
  const changes = entries.flatMap((entry) => (entry.type === 'goal.updated' ? entry.changes : []));
  const events = entries.flatMap((entry): (OutboxEvent | LifecycleEvent)[] => {
    if (entry.type === 'goal.updated') return [];
    if (entry.type === 'goal.corrected') {
      const { source_id, delta, reason } = entry;
      return [new GoalCorrectedEvent({ goal, source_id, delta, reason }, occurred_at)];
    }
    if (entry.type === 'goal.settled') {
      const { tickets, total } = entry;
      return [new GoalSettledEvent({ goal, tickets, total }, occurred_at)];
    }
    const EndEvent = entry.type === 'goal.expired' ? GoalExpiredEvent : GoalCancelledEvent;
    return [new EndEvent({ goal, scheduled_for: entry.scheduled_for }, occurred_at)];
  });
  if (changes.length > 0)
    events.push(new GoalUpdatedEvent({ goal, changes: [...new Set(changes)] }, occurred_at));
  return events;
}
