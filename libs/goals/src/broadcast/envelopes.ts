import type { Goal, GoalEvent, GoalEventData, GoalEventType } from '#contracts';
import { GoalAddedEvent } from '#livestream';
import { Clock } from '#platform';
import { Injectable } from '@nestjs/common';
import {
  completedId,
  fundedId,
  GoalProgressedEvent,
  levelReachedId,
} from '../publishing/goal-progressed.event.js';
import { goalDefinitions } from '../create-goal/goal-definitions.js';
import { type OutboxEvent, outboxEvents } from '../goal/goal-changed.event.js';
import { GoalCreatedEvent, newGoalOf, recordOf } from '../goal/new-goal.js';
import { GoalFailedEvent } from '../goal/goal-failures.service.js';
import { GoalStore } from '../goal/goal.store.js';
import { createdAt, knownClassOf, toGoal } from '../goal/goal.view.js';
import {
  type AccessEvent,
  accessEvents,
  AccessGrantedEvent,
  AccessRevokedEvent,
} from '../show-access/access-changed.event.js';

/** Every event that other services get. */
export type BroadcastEvent =
  GoalCreatedEvent | GoalAddedEvent | GoalProgressedEvent | GoalFailedEvent | OutboxEvent | AccessEvent;

/** The same, for `@EventsHandler`. */
export const broadcastEvents = [
  GoalCreatedEvent,
  GoalAddedEvent,
  GoalProgressedEvent,
  GoalFailedEvent,
  ...outboxEvents,
  ...accessEvents,
];

/** Makes the envelopes in which other services get events, by whichever way. */
@Injectable()
export class Envelopes {
  private readonly made = new WeakMap<BroadcastEvent, Promise<GoalEvent[]>>();

  constructor(
    private readonly goals: GoalStore,
    private readonly clock: Clock,
  ) {}

  /** What there is to say of an event, in order. Whoever asks of the same event gets the same; nobody may change it. */
  of(event: BroadcastEvent): Promise<GoalEvent[]> {
    const made = this.made.get(event) ?? this.make(event);
    this.made.set(event, made);
    made.catch(() => this.made.delete(event));
    return made;
  }

  private async make(event: BroadcastEvent): Promise<GoalEvent[]> {
    if (event instanceof GoalProgressedEvent) return progressEnvelopes(event);
    if (event instanceof GoalAddedEvent) return this.added(event);
    if (event instanceof GoalFailedEvent) return [envelope(event.type, event, event.data.goal, {})];
    if (event instanceof GoalCreatedEvent)
      return [envelope(event.type, event, toGoal(recordOf(event.data, event.occurredAt)), {})];
    if (event instanceof AccessGrantedEvent || event instanceof AccessRevokedEvent) {
      const { goal, change_id: _, ...details } = event.data;
      return [envelope(event.type, event, goal, details)];
    }
    const { goal, ...details } = event.data;
    return [envelope(event.type as GoalEventType, event, goal, details)];
  }

  /**
   * The event has the goal as it was created, which is when it occurred: as it is now, it could have a higher version than
   * events that occurred after it. If binding had failed, a replay has just bound the goal as it is now.
   */
  private async added(event: GoalAddedEvent): Promise<GoalEvent[]> {
    const { goal_id, streamer_id } = event.data;
    const stored = await this.goals.find(goal_id);
    if (!stored) return [];
    const notes = stored.failures ?? [];
    const failures = notes.filter(({ handler }) => !handler.endsWith('-to-session'));
    // The note that it could not be bound is taken back a moment later.
    if (failures.length < notes.length)
      return [
        envelope(
          event.type,
          { id: event.id, occurredAt: this.clock.now() },
          toGoal({ ...stored, failures }),
          {
            streamer_id,
          },
        ),
      ];
    const created = newGoalOf(stored, goalDefinitions[knownClassOf(stored)].timed);
    return [envelope(event.type, event, toGoal(recordOf(created, createdAt(stored))), { streamer_id })];
  }
}

/** What every event has, whatever it tells. */
interface Source {
  id: string;
  occurredAt: Date;
}

/** The event as other services get it. */
export function envelope<Type extends GoalEventType>(
  type: Type,
  { id, occurredAt }: Source,
  goal: Goal,
  details: Omit<GoalEventData<Type>, keyof GoalEventData<'goal.created'>>,
): GoalEvent<Type> {
  const data = {
    ...goal,
    session_id: goal.conditions.session_id,
    ...details,
  } as unknown as GoalEventData<Type>;
  return { event_id: id, type, version: goal.version, occurred_at: occurredAt.toISOString(), data };
}

/** What there is to say of progress: each level that is new, then how far the goal is, then its end. */
function progressEnvelopes(event: GoalProgressedEvent): GoalEvent[] {
  const { occurredAt, data } = event;
  const { goal, levels_reached, completes, funds } = data;
  const events: GoalEvent[] = [];
  for (const level_reached of levels_reached) {
    const id = levelReachedId(goal.goal_id, level_reached);
    events.push(envelope('goal.level_reached', { id, occurredAt }, goal, { level_reached }));
  }
  if (funds) events.push(envelope('goal.funded', { id: fundedId(goal.goal_id), occurredAt }, goal, {}));
  events.push(envelope('goal.progressed', event, goal, {}));
  if (completes)
    events.push(envelope('goal.completed', { id: completedId(goal.goal_id), occurredAt }, goal, {}));
  return events;
}
