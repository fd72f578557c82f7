/** Every goal class as it is stored (`_cls`), with its name in the API (`goal_type`). */
export const goalTypes = {
  ShowGoal: 'show',
  ShowFundingGoal: 'show_funding',
  KaraokeGoal: 'karaoke',
  ExclusiveGoal: 'exclusive',
  TriggerExclusiveGoal: 'trigger_exclusive',
  TriggerPrivateGoal: 'trigger_private',
} as const;

/** Value of `_cls`: which class a stored goal is of. */
export type GoalClass = keyof typeof goalTypes;

/** Value of `goal_type`: the class as clients name it. */
export type GoalType = (typeof goalTypes)[GoalClass];

/** All classes, in the order of the design. */
export const goalClasses = Object.keys(goalTypes) as GoalClass[];

/** Whether a stored class is one of these; a document of another release may be of a class that is not. */
export function isGoalClass(stored: unknown): stored is GoalClass {
  return goalClasses.includes(stored as GoalClass);
}

/** The class behind a `goal_type`, or undefined where there is none. */
export function goalClassOf(goalType: unknown): GoalClass | undefined {
  return goalClasses.find((goalClass) => goalTypes[goalClass] === goalType);
}
