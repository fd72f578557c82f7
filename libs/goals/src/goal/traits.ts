import type { GoalClass } from '#contracts';

/** What sets a class of goals apart, beside its receivers. */
export interface GoalTraits {
  /** What its targets and contributions count. */
  unit: string;
  /** Active as soon as it is created and without timers; the others are scheduled until nbf and expire at exp. */
  untimed: boolean;
  /** Opens a pair in its session, which a goal of another class completes. */
  opensPair: boolean;
}

/** The traits of every class. */
export const goalTraits: Record<GoalClass, GoalTraits> = {
  ShowGoal: { unit: 'coins', untimed: true, opensPair: false },
  ShowFundingGoal: { unit: 'tickets', untimed: false, opensPair: true },
  KaraokeGoal: { unit: 'coins', untimed: true, opensPair: false },
  ExclusiveGoal: { unit: 'coins', untimed: false, opensPair: false },
  TriggerExclusiveGoal: { unit: 'coins', untimed: false, opensPair: true },
  TriggerPrivateGoal: { unit: 'coins', untimed: false, opensPair: false },
};
