import type { GoalClass } from '#contracts';

/** What sets a class of goals apart, beside its receivers. */
export interface GoalTraits {
  /** What its targets and contributions count. */
  unit: string;
  /** Active as soon as it is created and without timers; the others are scheduled until nbf and expire at exp. */
  untimed: boolean;
}

/** The traits of every class. */
export const goalTraits: Record<GoalClass, GoalTraits> = {
  ShowGoal: { unit: 'coins', untimed: true },
  ShowFundingGoal: { unit: 'tickets', untimed: false },
  KaraokeGoal: { unit: 'coins', untimed: true },
  ExclusiveGoal: { unit: 'coins', untimed: false },
  TriggerExclusiveGoal: { unit: 'coins', untimed: false },
  TriggerPrivateGoal: { unit: 'coins', untimed: false },
};
