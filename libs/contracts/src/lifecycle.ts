import type { Goal } from './goal.js';

/** What an event of a goal's life carries: the goal as it was right after the step, and when the step was due. */
export interface GoalChanged {
  goal: Goal;
  /** ISO 8601 UTC; null where nobody had scheduled it. */
  scheduled_for: string | null;
}

/** What an event of a goal's progress carries: the goal as it was then, and what is new since the event before. */
export interface GoalProgressed {
  goal: Goal;
  /** The levels that it reached, counted from one, in order. */
  levels_reached: number[];
  /** Whether the last level is among them. */
  completes: boolean;
}

/** What the event of a goal's failure carries: the goal as it shows since then, and what tells this failure from another. */
export interface GoalFailed {
  goal: Goal;
  failure: string;
}
