/** Every goal class as it is stored (`_cls`), with its name in the API (`goal_type`). */
export const goalTypes = {
  ShowGoal: 'show',
  ShowFundingGoal: 'show_funding',
  KaraokeGoal: 'karaoke',
  ExclusiveGoal: 'exclusive',
  TriggerExclusiveGoal: 'trigger_exclusive',
  TriggerPrivateGoal: 'trigger_private',
} as const;

/** Value of `_cls`: the class of a stored goal. */
export type GoalClass = keyof typeof goalTypes;

/** Value of `goal_type`: the class as clients name it. */
export type GoalType = (typeof goalTypes)[GoalClass];

/** All classes, in the order of the design. */
export const goalClasses = Object.keys(goalTypes) as GoalClass[];

/** Whether this release knows the class; another release may have stored others. */
export function isGoalClass(stored: unknown): stored is GoalClass {
  return goalClasses.includes(stored as GoalClass);
}

/** The class of a `goal_type`, or undefined if there is none. */
export function goalClassOf(goalType: unknown): GoalClass | undefined {
  return goalClasses.find((goalClass) => goalTypes[goalClass] === goalType);
}

/** The statuses of a goal; pending and failed belong to its creation. */
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

/** One level of a goal; `target` is the total that reaches it, in the goal's unit. */
export interface GoalLevel {
  title?: string;
  target: number;
}

/** What a goal refers to; which ids are present depends on its class. */
export interface GoalContext {
  /** Null for a goal of a class that the answering release does not know. */
  type: GoalType | null;
  session_id: string;
  funding_goal_id?: string;
  show_goal_id?: string;
  trigger_exclusive_goal_id?: string;
  exclusive_goal_id?: string;
}

/** The fields that a client sets in a request and sees again in the goal. */
export interface GoalContent {
  levels: GoalLevel[];
}

/** An accepted goal in its command, its job and GoalCreatedEvent; times are ISO 8601 UTC. */
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

/** A goal as responses and events show it; times are ISO 8601 UTC. */
export interface Goal extends GoalContent {
  goal_id: string;
  /** Null for a goal of a class that the answering release does not know. */
  goal_type: GoalType | null;
  /** One of GoalClass, or the stored value of a class that the answering release does not know. */
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
  /** What `progress` and `target` count; null if the class is not known. */
  unit: string | null;
  conditions: { session_id: string };
  context: GoalContext;
  metadata: Record<string, unknown>;
  nbf: string;
  exp: string | null;
  created_at: string;
}

/** Response to a contribution: the goal's progress with it. */
export interface Contributed {
  goal_id: string;
  progress: number;
  /** How many levels are reached. */
  level: number;
}

/** An entry of a goal's leaderboard. */
export interface LeaderboardEntry {
  rank: number;
  user_id: string;
  amount: number;
}
