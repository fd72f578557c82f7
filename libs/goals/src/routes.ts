import { type GoalClass, goalClasses } from '#contracts';

/** Everyone who is told once a goal of any class has reached the stream. */
const everyScreen = ['feed', 'notify', 'channel-cache'] as const;

/** The same receivers for every class: what happens to a goal later wakes them whatever it is. */
const rowsOf = (...receivers: string[]) =>
  Object.fromEntries(goalClasses.map((goalClass) => [goalClass, receivers])) as Record<GoalClass, string[]>;

/**
 * THE TABLE: which class of goal wakes which receiver, for each event. A new class is a new row, a new receiver is its
 * name in the rows that want it; where table and receivers differ the worker does not boot.
 */
export const goalRoutes = {
  'goal.created': {
    ShowGoal: ['track', 'bind-show-to-funding', 'bind-show-to-session'],
    ShowFundingGoal: ['schedule-lifecycle', 'track', 'bind-show-to-session'],
    KaraokeGoal: ['bind-karaoke-to-session', 'track'],
    ExclusiveGoal: [
      'schedule-lifecycle',
      'bind-exclusive-to-trigger',
      'bind-exclusive-to-session',
      'snapshot-rtc-sources',
      'track',
    ],
    TriggerExclusiveGoal: ['schedule-lifecycle', 'bind-exclusive-to-session', 'track'],
    TriggerPrivateGoal: ['schedule-lifecycle', 'bind-private-to-session', 'track'],
  },
  'goal.added': {
    ShowGoal: [...everyScreen, 'authorize'],
    ShowFundingGoal: everyScreen,
    KaraokeGoal: everyScreen,
    ExclusiveGoal: everyScreen,
    TriggerExclusiveGoal: everyScreen,
    TriggerPrivateGoal: everyScreen,
  },
  'goal.activated': rowsOf('notify-lifecycle', 'track-lifecycle'),
  'goal.expired': rowsOf('notify-lifecycle', 'track-lifecycle'),
  'goal.cancelled': rowsOf('notify-lifecycle', 'track-lifecycle'),
  'goal.progressed': rowsOf('notify-progress', 'track-progress'),
} satisfies Record<string, Record<GoalClass, readonly string[]>>;
