import { type GoalClass, goalClasses } from '#contracts';
import type { Slot } from '#sessions';

/** What sets a class of goals apart. The table of all classes is create-goal/goal-definitions.ts. */
export interface ClassTraits {
  /** What its targets and contributions count, unless the goal says it. */
  unit: string;
  /** Scheduled until nbf and expired at exp, by timers. A goal of another class is active as soon as it is created. */
  timed: boolean;
  /** Whether its exp ends a countdown, with which its outcome is decided. */
  countdown?: true;
  /** Where in its session a goal of the class stands. */
  slot: Slot;
}

/** The traits of every class. Injected by GOAL_CLASSES, since this folder does not import the table. */
export type GoalClasses = Record<GoalClass, ClassTraits>;

/** Injection token of GoalClasses. */
export const GOAL_CLASSES = Symbol('goal classes');

/** The classes whose goals have timers. */
export const timedClasses = (classes: GoalClasses): GoalClass[] =>
  goalClasses.filter((goalClass) => classes[goalClass].timed);
