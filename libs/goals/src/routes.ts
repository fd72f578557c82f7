import type { GoalClass } from '#contracts';

/** Everyone who is told once a goal of any class has reached the stream. */
const everyScreen = ['feed', 'notify', 'channel-cache'] as const;

/**
 * THE TABLE: which class of goal wakes which receiver, for each event. A new class is a new row, a new receiver is its
 * name in the rows that want it; where table and receivers differ the worker does not boot.
 */
export const goalRoutes = {
  'goal.created': {
    ShowGoal: ['track', 'bind-show-to-funding', 'bind-show-to-session'],
    ShowFundingGoal: ['track', 'bind-show-to-session'],
    KaraokeGoal: ['track'],
    ExclusiveGoal: ['track'],
    TriggerExclusiveGoal: ['track'],
    TriggerPrivateGoal: ['track'],
  },
  'goal.added': {
    ShowGoal: [...everyScreen, 'authorize'],
    ShowFundingGoal: everyScreen,
    KaraokeGoal: everyScreen,
    ExclusiveGoal: everyScreen,
    TriggerExclusiveGoal: everyScreen,
    TriggerPrivateGoal: everyScreen,
  },
} satisfies Record<string, Record<GoalClass, readonly string[]>>;
