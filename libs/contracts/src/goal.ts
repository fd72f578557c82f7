import type { Id, Instant } from './values.js';

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
  session_id: Id;
  funding_goal_id?: Id;
  show_goal_id?: Id;
  trigger_exclusive_goal_id?: Id;
  exclusive_goal_id?: Id;
}

/** Until when a funding goal sells late tickets after its countdown: while its show is on, or not beyond its exp. */
export const salesEnds = ['show_end', 'exp'] as const;

export type SalesEnd = (typeof salesEnds)[number];

/** Who starts the show of a funding goal: its streamer, or goalpost when the countdown ends and the goal is funded. */
export const showStarts = ['manual', 'on_countdown_end'] as const;

export type ShowStart = (typeof showStarts)[number];

/** The show that a funding goal is to pay for. */
export interface PlannedShow {
  levels: GoalLevel[];
  /** How long the show lasts from its start; without it, until it is finished. */
  duration_seconds?: number;
  start: ShowStart;
}

/** What became of the money of a funding goal; delivered and void are final. */
export const outcomes = ['open', 'funded', 'underfunded', 'delivered', 'void'] as const;

export type Outcome = (typeof outcomes)[number];

/** The outcomes that are final. */
export const settledOutcomes = ['delivered', 'void'] as const satisfies readonly Outcome[];

export type SettledOutcome = (typeof settledOutcomes)[number];

/** Why the money of a funding goal is to be given back. */
export const voidReasons = [
  'cancelled',
  'session_ended',
  'not_started',
  'underfunded',
  'not_delivered',
] as const;

export type VoidReason = (typeof voidReasons)[number];

/** Whether a show is being performed. */
export const performanceStates = ['live', 'paused'] as const;

export type PerformanceState = (typeof performanceStates)[number];

/** What a show counts: the seconds that it is performed, or the coins that are given. */
export const showUnits = ['seconds', 'coins'] as const;

export type ShowUnit = (typeof showUnits)[number];

/** The fields that a client sets in a request and sees again in the goal. */
export interface GoalContent {
  levels: GoalLevel[];
}

/** What a client may set of a ShowFundingGoal besides. */
export interface FundingContent {
  /** The level that has to be reached for the show to be paid for; 1 by default. */
  minimum_level?: number;
  /** `show_end` by default. */
  sales_until?: SalesEnd;
  show?: PlannedShow;
}

/** An accepted goal in its command, its job and GoalCreatedEvent. */
export interface NewGoal extends GoalContent, FundingContent {
  goal_id: Id;
  active: boolean;
  _cls: GoalClass;
  conditions: { session_id: Id };
  context: GoalContext;
  metadata: { user_id: string };
  /** What `target` counts. */
  unit: string;
  nbf: Instant;
  exp: Instant | null;
}

/** A goal as responses and events show it. */
export interface Goal extends GoalContent {
  goal_id: Id;
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
  /** The highest level that it has ever had; a voided contribution lowers `level` alone. */
  peak_level: number;
  progress: number;
  /** What `progress` and `target` count; null if the class is not known. */
  unit: string | null;
  conditions: { session_id: Id };
  context: GoalContext;
  metadata: Record<string, unknown>;
  nbf: Instant;
  exp: Instant | null;
  /** When the last level was reached; the goal goes on up to its end. */
  completed_at: Instant | null;
  created_at: Instant;
  /** This and the next seven are null for goals of other classes than ShowFundingGoal. */
  minimum_level: number | null;
  sales_until: SalesEnd | null;
  show: PlannedShow | null;
  outcome: Outcome | null;
  /** Null unless the outcome is void. */
  void_reason: VoidReason | null;
  /** What was bought after the countdown, which progress does not count. */
  late_tickets: number | null;
  /** When the outcome is void if there is no show by then; null while the countdown runs. */
  settle_by: Instant | null;
  settled_at: Instant | null;
  /** Whether a ShowGoal has paid off; null before it has ended, and for other classes. */
  delivered: boolean | null;
  /** Of a ShowGoal that is measured in seconds; null for any other. */
  performance: PerformanceState | null;
}

/** Response to a contribution: the goal's progress with it. */
export interface Contributed {
  goal_id: Id;
  progress: number;
  /** How many levels are reached. */
  level: number;
  /** Whether it is a late ticket, which gives access and does not change progress and level. */
  late: boolean;
}

/** Response to the voiding of a contribution: the goal's progress without it. */
export type ContributionVoided = Omit<Contributed, 'late'>;

/** Response to a report of performed time: where the show stands with it. */
export interface Performed {
  goal_id: Id;
  state: PerformanceState;
  /** Seconds performed. */
  progress: number;
  /** How many levels are reached. */
  level: number;
}

/** What a payment system has to do with a ticket: take the money, or give it back. */
export const ticketActions = ['capture', 'release'] as const;

export type TicketAction = (typeof ticketActions)[number];

/** A ticket of a funding goal that is settled. */
export interface SettledTicket {
  source_id: string;
  /** Null for an anonymous ticket, unless a service or an admin asks. */
  user_id: string | null;
  amount: number;
  action: TicketAction;
}

/** A page of the settlement of a funding goal. */
export interface SettlementPage {
  outcome: SettledOutcome;
  /** Null unless the outcome is void. */
  void_reason: VoidReason | null;
  settled_at: Instant;
  /** How many tickets count; those that were voided do not. */
  tickets: number;
  /** The sum of their amounts. */
  total: number;
  items: SettledTicket[];
  next_cursor: string | null;
}

/** An entry of a goal's leaderboard. */
export interface LeaderboardEntry {
  rank: number;
  /** Null if it is anonymous, but for services and admins. */
  user_id: string | null;
  /** Whether these are the anonymous amounts of a user, which stand apart from the user's others. */
  anonymous: boolean;
  amount: number;
}

/** A contribution in the list of a goal. */
export interface ListedContribution {
  source_id: string;
  /** Null if it is anonymous, as is `display_name`, but for services and admins. */
  user_id: string | null;
  amount: number;
  late: boolean;
  /** When it was voided; null while it counts. */
  voided_at: Instant | null;
  display_name: string | null;
  message: string | null;
  anonymous: boolean;
  created_at: Instant;
}
