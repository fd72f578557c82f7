import type { Goal, GoalEvent, GoalEventData, GoalEventType } from '#contracts';
import {
  completedId,
  type GoalProgressedEvent,
  levelReachedId,
} from '../contributions/goal-progressed.event.js';

/** How many events there may be of one version of a goal: a step each, and up to twenty levels. */
const room = 100;

/** The order of the events that share a version of a goal. */
const steps: Record<GoalEventType, number> = {
  'goal.created': 1,
  'goal.activated': 2,
  'goal.expired': 3,
  'goal.cancelled': 4,
  'goal.failed': 5,
  'goal.level_reached': 10,
  'goal.progressed': 50,
  'goal.completed': 51,
  // Being added changes nothing in the goal, so it is the latest that is known of its version.
  'goal.added': 60,
};

/** A number that rises from event to event of a goal, whatever order they arrive in. */
export function versionOf(
  type: GoalEventType,
  { version, level_reached = 0 }: { version: number; level_reached?: number },
): number {
  return version * room + steps[type] + level_reached;
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
  return { event_id: id, type, version: versionOf(type, data), occurred_at: occurredAt.toISOString(), data };
}

/** What there is to say of progress: each level that is new, then how far the goal is, then its end. */
export function progressEnvelopes(event: GoalProgressedEvent): GoalEvent[] {
  const { occurredAt, data } = event;
  const { goal, levels_reached, completes } = data;
  const events: GoalEvent[] = [];
  for (const level_reached of levels_reached) {
    const id = levelReachedId(goal.goal_id, level_reached);
    events.push(envelope('goal.level_reached', { id, occurredAt }, goal, { level_reached }));
  }
  events.push(envelope('goal.progressed', event, goal, {}));
  if (completes)
    events.push(envelope('goal.completed', { id: completedId(goal.goal_id), occurredAt }, goal, {}));
  return events;
}
