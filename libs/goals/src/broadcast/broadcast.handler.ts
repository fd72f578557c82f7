import { type GoalEvent } from '#contracts';
import { GoalAddedEvent } from '#livestream';
import { Broker } from '#messaging';
import { Durable, type DurableEventHandler } from '#platform';
import { EventsHandler } from '@nestjs/cqrs';
import { GoalProgressedEvent } from '../contributions/goal-progressed.event.js';
import { recordOf } from '../goal/new-goal.js';
import { GoalStore } from '../goal/goal.store.js';
import type { GoalRecord } from '../goal/goal.schema.js';
import { toGoal } from '../goal/goal.view.js';
import { GoalCreatedEvent } from '../goal/goal-created.event.js';
import { GoalFailedEvent } from '../goal/goal-failures.service.js';
import { lifecycleEvents, type LifecycleEvent } from '../lifecycle/lifecycle.events.js';
import { envelope, progressEnvelopes } from './envelopes.js';

/** Every event that other services get. */
type BroadcastEvent =
  GoalCreatedEvent | GoalAddedEvent | GoalProgressedEvent | GoalFailedEvent | LifecycleEvent;

/** Publishes to other services what happens to goals. A broker that is slow or away delays this handler alone. */
@EventsHandler(GoalCreatedEvent, GoalAddedEvent, GoalProgressedEvent, GoalFailedEvent, ...lifecycleEvents)
@Durable({ name: 'broadcast', queue: 'broker' })
export class BroadcastHandler implements DurableEventHandler<BroadcastEvent> {
  constructor(
    private readonly broker: Broker,
    private readonly goals: GoalStore,
  ) {}

  isDisabled(): boolean {
    return this.broker.isSilent;
  }

  async handle(event: BroadcastEvent): Promise<void> {
    const events = await this.envelopesOf(event);
    await this.broker.send(events.map((data) => ({ id: data.event_id, pattern: data.type, data })));
  }

  private async envelopesOf(event: BroadcastEvent): Promise<GoalEvent[]> {
    if (event instanceof GoalProgressedEvent) return progressEnvelopes(event);
    if (event instanceof GoalAddedEvent) return this.added(event);
    if (event instanceof GoalFailedEvent) return [envelope(event.type, event, event.data.goal, {})];
    if (event instanceof GoalCreatedEvent)
      return [envelope(event.type, event, toGoal(recordOf(event.data, event.occurredAt)), {})];
    const { goal, scheduled_for } = event.data;
    return [envelope(event.type, event, goal, { scheduled_for })];
  }

  /** The event has the goal as it was created. If a replay binds it, other events may have changed it since. */
  private async added(event: GoalAddedEvent): Promise<GoalEvent[]> {
    const { goal_id, streamer_id } = event.data;
    const stored = await this.goals.find(goal_id);
    if (!stored) return [];
    return [envelope(event.type, event, toGoal(whereBound(stored)), { streamer_id })];
  }
}

/** Who is added is bound to its session, though the note that it could not be is taken back a moment later. */
function whereBound({ failures = [], ...goal }: GoalRecord): GoalRecord {
  return { ...goal, failures: failures.filter(({ handler }) => !handler.endsWith('-to-session')) };
}
