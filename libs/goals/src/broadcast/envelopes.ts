import type { Goal, GoalEvent, GoalEventData, GoalEventType } from '#contracts';
import {
  completedId,
  type GoalProgressedEvent,
  levelReachedId,
} from '../contributions/goal-progressed.event.js';
import { versionOf } from './version.js';

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
