import type { Goal } from './goal.js';

/** Names of the events that goalpost sends to other services: what `@EventPattern` waits for. */
export const goalEvents = {
  created: 'goal.created',
  added: 'goal.added',
  activated: 'goal.activated',
  progressed: 'goal.progressed',
  levelReached: 'goal.level_reached',
  completed: 'goal.completed',
  expired: 'goal.expired',
  cancelled: 'goal.cancelled',
  failed: 'goal.failed',
} as const;

/** Value of `type` of an event. */
export type GoalEventType = (typeof goalEvents)[keyof typeof goalEvents];

/** When a step of a goal's life was due: ISO 8601 UTC, null where nobody had scheduled it. */
interface Due {
  scheduled_for: string | null;
}

/** What events say beside the goal. */
interface GoalEventDetails {
  'goal.added': { streamer_id: string };
  'goal.activated': Due;
  'goal.expired': Due;
  'goal.cancelled': Due;
  /** How many levels are reached with it; one event a level. */
  'goal.level_reached': { level_reached: number };
}

/** The goal as it was when the event was made, and what the event says besides. */
export type GoalEventData<Type extends GoalEventType = GoalEventType> = Goal & {
  session_id: string;
} & (Type extends keyof GoalEventDetails ? GoalEventDetails[Type] : object);

/** An event as other services get it. It may come more than once, and then has the same `event_id`. */
export interface GoalEvent<Type extends GoalEventType = GoalEventType> {
  /** The same event has the same id, however often it is sent. */
  event_id: string;
  type: Type;
  /** Rises from event to event of a goal: what comes with a lower one is older news. (`data.version` is the goal's own.) */
  version: number;
  /** ISO 8601 UTC. */
  occurred_at: string;
  data: GoalEventData<Type>;
}
