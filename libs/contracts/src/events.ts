import type { AccessCause } from './access.js';
import type { Goal, GoalClass, GoalContext } from './goal.js';
import type { Id, Instant } from './values.js';

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
  funded: 'goal.funded',
  settled: 'goal.settled',
  corrected: 'goal.corrected',
  updated: 'goal.updated',
  accessGranted: 'access.granted',
  accessRevoked: 'access.revoked',
} as const;

/** Value of `type` of an event. */
export type GoalEventType = (typeof goalEvents)[keyof typeof goalEvents];

/** When a change of a goal was due: ISO 8601 UTC, or null if it was not scheduled. */
interface Scheduled {
  scheduled_for: Instant | null;
}

/** The fields of an event besides the goal. */
interface GoalEventDetails {
  'goal.added': { streamer_id: Id };
  'goal.activated': Scheduled;
  'goal.expired': Scheduled;
  'goal.cancelled': Scheduled;
  /** The number of the reached level; each level has its own event. */
  'goal.level_reached': { level_reached: number };
  'goal.settled': Settlement;
  'goal.corrected': Correction;
  'goal.updated': Update;
  'access.granted': AccessChange;
  'access.revoked': AccessChange;
}

/** The money of a funding goal when it was settled; its outcome says what to do with it. */
export interface Settlement {
  /** How many contributions count. */
  tickets: number;
  /** The sum of their amounts, late tickets included. */
  total: number;
}

/** A contribution was voided. */
export interface Correction {
  source_id: string;
  /** What it changed progress or late_tickets by: zero or less. */
  delta: number;
  reason: string | null;
}

/** Fields of the goal changed; a dot leads into an object, such as `context.show_goal_id`. */
export interface Update {
  changes: string[];
}

/** Whether one user may watch the show of a funding goal has changed. */
export interface AccessChange {
  user_id: string;
  streamer_id: Id;
  /** What changed it: a grant, a ban, either of them taken back, or a ticket that was voided. */
  cause: AccessCause;
  /** What whoever changed it gave as the reason. */
  reason: string | null;
}

/** The goal as it was when the event was made, with the event's own fields; a `reason` may be either's. */
export type GoalEventData<Type extends GoalEventType = GoalEventType> = {
  session_id: Id;
} & (Type extends keyof GoalEventDetails
  ? Omit<Goal, keyof GoalEventDetails[Type]> & GoalEventDetails[Type]
  : Goal);

/** An event as other services receive it. It can be delivered more than once, with the same `event_id`. */
export interface GoalEvent<Type extends GoalEventType = GoalEventType> {
  event_id: Id;
  type: Type;
  /**
   * The version of the goal that `data` shows: of two snapshots, the one with the higher version is newer. Two events may have
   * the same one. Events are recognized by `event_id` alone.
   */
  version: number;
  occurred_at: Instant;
  data: GoalEventData<Type>;
}

/** Payload of GoalAddedEvent: the goal is bound and may be shown on the stream. */
export interface GoalAdded {
  goal_id: Id;
  _cls: GoalClass;
  conditions: { session_id: Id };
  context: GoalContext;
  session_id: Id;
  streamer_id: Id;
}

/** Payload of an event that a goal has changed: the goal after the change, and the event's own fields. */
export type GoalChanged<Details extends object = object> = Details & { goal: Goal };

/** Payload of a lifecycle event: the goal right after the step, and when the step was due. */
export type GoalStepped = GoalChanged<Scheduled>;

/** Payload of GoalProgressedEvent: the goal, and what is new since the previous event. */
export interface GoalProgressed {
  goal: Goal;
  /** The levels that it reached, counted from one, in order. */
  levels_reached: number[];
  /** Whether the last level is among them. */
  completes: boolean;
  /** Whether it is a ShowFundingGoal and its minimum_level is among them. */
  funds: boolean;
}

/** Payload of GoalFailedEvent: the failed goal, and an id of this failure. */
export interface GoalFailed {
  goal: Goal;
  failure: string;
}
