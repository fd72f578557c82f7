import type { Goal, GoalClass, GoalContext } from './goal.js';

/** Names of the events that goalpost sends to other services, for `@EventPattern`. */
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

/** When a change of a goal was due: ISO 8601 UTC, or null if it was not scheduled. */
interface Scheduled {
  scheduled_for: string | null;
}

/** The fields of an event besides the goal. */
interface GoalEventDetails {
  'goal.added': { streamer_id: string };
  'goal.activated': Scheduled;
  'goal.expired': Scheduled;
  'goal.cancelled': Scheduled;
  /** The number of the reached level; each level has its own event. */
  'goal.level_reached': { level_reached: number };
}

/** The goal as it was when the event was made, with the event's own fields. */
export type GoalEventData<Type extends GoalEventType = GoalEventType> = Goal & {
  session_id: string;
} & (Type extends keyof GoalEventDetails ? GoalEventDetails[Type] : object);

/** An event as other services receive it. It can be delivered more than once, with the same `event_id`. */
export interface GoalEvent<Type extends GoalEventType = GoalEventType> {
  event_id: string;
  type: Type;
  /** Of two events of a goal, the one with the higher version is the later one. (`data.version` is the goal's own.) */
  version: number;
  /** ISO 8601 UTC. */
  occurred_at: string;
  data: GoalEventData<Type>;
}

/** Payload of GoalAddedEvent: the goal is bound and may be shown on the stream. */
export interface GoalAdded {
  goal_id: string;
  _cls: GoalClass;
  conditions: { session_id: string };
  context: GoalContext;
  session_id: string;
  streamer_id: string;
}

/** Payload of a lifecycle event: the goal right after the change, and when the change was due. */
export interface GoalChanged extends Scheduled {
  goal: Goal;
}

/** Payload of GoalProgressedEvent: the goal, and what is new since the previous event. */
export interface GoalProgressed {
  goal: Goal;
  /** The levels that it reached, counted from one, in order. */
  levels_reached: number[];
  /** Whether the last level is among them. */
  completes: boolean;
}

/** Payload of GoalFailedEvent: the failed goal, and an id of this failure. */
export interface GoalFailed {
  goal: Goal;
  failure: string;
}
