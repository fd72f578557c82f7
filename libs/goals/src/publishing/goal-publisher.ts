import { randomUUID } from 'node:crypto';
import { DueLists, JobWorkers, PeriodicTasks, RequestContext, runLogged, Semaphore } from '#platform';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import {
  GoalActivatedEvent,
  GoalCancelledEvent,
  GoalCorrectedEvent,
  GoalExpiredEvent,
  GoalSettledEvent,
  GoalUpdatedEvent,
  type OutboxEvent,
} from '../goal/goal-changed.event.js';
import type { GoalRecord, Publication } from '../goal/goal.schema.js';
import { toGoal } from '../goal/goal.view.js';
import { type OpenPublication, PublicationStore } from '../goal/publication.store.js';
import { GoalsConfig } from '../goals.config.js';
import { GoalProgressedEvent } from './goal-progressed.event.js';
import { UnpublishedGoals } from './unpublished-goals.js';

/**
 * The events of so many goals are published at once. Many changes of state together would hold up what else this process does.
 * Progress waits for its slot of time anyway, and a batch costs least if it shares all calls.
 */
const goalsAtOnce = { changes: 24, progress: 200 };

/**
 * Publishes how far goals are and what their outboxes hold, many goals together. One publication of a goal comes after the
 * other; each has its content in the goal's document before anybody hears of it, so that an event has the same content however
 * often it is published. A sweep finds what a process left unpublished that died right after it had written.
 */
@Injectable()
export class GoalPublisher implements OnModuleInit {
  private readonly logger = new Logger(GoalPublisher.name);
  private readonly ownName = randomUUID();
  private readonly changes = new Semaphore(goalsAtOnce.changes);
  private readonly progressAlone = new Semaphore(goalsAtOnce.progress);

  constructor(
    private readonly lists: DueLists,
    private readonly tasks: PeriodicTasks,
    private readonly config: GoalsConfig,
    private readonly goals: UnpublishedGoals,
    private readonly publications: PublicationStore,
    private readonly events: EventBus,
    private readonly workers: JobWorkers,
  ) {}

  onModuleInit(): void {
    this.lists.process(this.goals.list, (goalIds) => this.publishAll(goalIds));
    this.tasks.register({
      name: 'sweep of unpublished goals',
      everyMs: this.config.sweepIntervalMs,
      run: () => this.sweep(),
    });
  }

  private async publishAll(goalIds: string[]): Promise<void> {
    const { list } = this.goals;
    const { open, busy, unknown } = await this.publications.open(goalIds, this.ownName, list.leaseMs);
    this.workers.countUnknown(list.name, unknown.length);
    const outcomes = await Promise.allSettled(
      open.map((publication) => this.slotsFor(publication).run(() => this.publish(publication))),
    );
    const isDone = (_: unknown, index: number) => outcomes[index]!.status === 'fulfilled';
    const more = await this.publications.close(open.filter(isDone));
    await Promise.all(more.map(({ goalId, unit }) => this.goals.progressed(goalId, unit)));
    const failed = open.filter((_, index) => !isDone(_, index)).map(({ goalId }) => goalId);
    await list.add([...busy, ...unknown, ...failed], retryMs);
  }

  private slotsFor({ goal: { outbox = [] } }: OpenPublication): Semaphore {
    return outbox.length > 0 ? this.changes : this.progressAlone;
  }

  private publish({ goalId, ...publication }: OpenPublication): Promise<void> {
    const { request_id: requestId, ...parent } = publication.goal.change_context ?? {};
    const own = RequestContext.begin({
      requestId,
      fields: () => ({ goal_id: goalId }),
      span: { name: 'publish', role: 'consumer', parent },
    });
    return runLogged(own, this.logger, 'publication', async () => {
      const progressed = progressedEvent(publication);
      if (progressed) await this.events.publish(progressed);
      for (const event of outboxEventsOf(publication)) await this.events.publish(event);
    });
  }

  private async sweep(): Promise<void> {
    for await (const goalIds of this.publications.unpublished()) await this.goals.list.add(goalIds);
  }
}

/** What could not be published, or is being published by another process, is tried again after so long. */
const retryMs = 1000;

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

/** The events of an outbox. Updates that are published together are one, behind the others. */
function outboxEventsOf({ goal: record, occurred_at }: Publication): OutboxEvent[] {
  const goal = toGoal(record);
  const changes: string[] = [];
  const events: OutboxEvent[] = [];
  // The version of the form in which an entry is stored is no part of the event.
  for (const { v: _v, type, ...details } of record.outbox ?? []) {
    const data = { goal, ...details } as never;
    if (type === 'goal.updated') changes.push(...(details as { changes: string[] }).changes);
    else events.push(new eventOf[type](data, occurred_at));
  }
  if (changes.length > 0)
    events.push(new GoalUpdatedEvent({ goal, changes: [...new Set(changes)] }, occurred_at));
  return events;
}

const eventOf = {
  'goal.activated': GoalActivatedEvent,
  'goal.expired': GoalExpiredEvent,
  'goal.cancelled': GoalCancelledEvent,
  'goal.corrected': GoalCorrectedEvent,
  'goal.settled': GoalSettledEvent,
};
