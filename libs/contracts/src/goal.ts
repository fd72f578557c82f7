import type { GoalClass, GoalType } from './goal-class.js';

/** All states that a goal is seen in; pending and failed are states of its creation. */
export const goalStatuses = [
  'pending',
  'scheduled',
  'active',
  'completed',
  'expired',
  'cancelled',
  'failed',
] as const;

export type GoalStatus = (typeof goalStatuses)[number];

/** One step of a goal; `target` is the total that reaches it, in the goal's unit. */
export interface GoalLevel {
  title?: string;
  target: number;
}

/** What a goal refers to; which ids are there depends on its class. */
export interface GoalContext {
  /** Null for a goal of a class that the answering release does not know. */
  type: GoalType | null;
  session_id: string;
  funding_goal_id?: string;
  show_goal_id?: string;
  trigger_exclusive_goal_id?: string;
  exclusive_goal_id?: string;
}

/** What a client says of a goal, in the request and wherever the goal is shown. */
export interface GoalContent {
  levels: GoalLevel[];
}

/** A goal that is accepted: what its command, its job and GoalCreatedEvent carry; times are ISO 8601 UTC. */
export interface NewGoal extends GoalContent {
  goal_id: string;
  active: boolean;
  _cls: GoalClass;
  conditions: { session_id: string };
  context: GoalContext;
  metadata: { user_id: string };
  /** What `target` counts. */
  unit: string;
  nbf: string;
  exp: string | null;
}

/** A goal as every answer and every event shows it; times are ISO 8601 UTC. */
export interface Goal extends GoalContent {
  goal_id: string;
  /** Null for a goal of a class that the answering release does not know. */
  goal_type: GoalType | null;
  /** One of GoalClass, or what is stored of a class that the answering release does not know. */
  _cls: string;
  status: GoalStatus;
  /** Why the goal failed or was cancelled. */
  reason?: string;
  active: boolean;
  /** Rises with each change of the goal. */
  version: number;
  /** How many levels are reached. */
  level: number;
  progress: number;
  /** What `progress` and `target` count; null where the class is not known. */
  unit: string | null;
  conditions: { session_id: string };
  context: GoalContext;
  metadata: Record<string, unknown>;
  nbf: string;
  exp: string | null;
  created_at: string;
}
