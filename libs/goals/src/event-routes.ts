import { type GoalClass, goalClasses } from '#contracts';

/** The handlers that run once a goal of any class has reached the stream. */
const everyScreen = ['feed', 'notify', 'channel-cache', 'event-log', 'broadcast'] as const;

/** The same handlers for every class. */
const rowsOf = (...handlers: string[]) =>
  Object.fromEntries(goalClasses.map((goalClass) => [goalClass, handlers])) as Record<GoalClass, string[]>;

/** The handlers of events that may tell of the end of a show, with which its funding goal is settled. */
const stepsWithFunding = {
  ...rowsOf('notify-lifecycle', 'track-lifecycle', 'event-log', 'broadcast'),
  ShowGoal: ['advance-funding', 'notify-lifecycle', 'track-lifecycle', 'event-log', 'broadcast'],
};

/**
 * THE TABLE OF EVENTS: which events of which goal classes reach which handlers. A new class is a new row, a new handler is
 * its name in the rows that want it. If the table and the handlers differ, the worker does not boot.
 */
export const goalRoutes = {
  'goal.created': {
    ShowGoal: [
      'schedule-show-end',
      'bind-show-to-session',
      'bind-show-to-funding',
      'track',
      'event-log',
      'broadcast',
    ],
    ShowFundingGoal: ['schedule-lifecycle', 'track', 'event-log', 'broadcast', 'bind-show-to-session'],
    KaraokeGoal: ['bind-karaoke-to-session', 'track', 'event-log', 'broadcast'],
    ExclusiveGoal: [
      'schedule-lifecycle',
      'bind-exclusive-to-trigger',
      'bind-exclusive-to-session',
      'snapshot-rtc-sources',
      'track',
      'event-log',
      'broadcast',
    ],
    TriggerExclusiveGoal: [
      'schedule-lifecycle',
      'bind-exclusive-to-session',
      'track',
      'event-log',
      'broadcast',
    ],
    TriggerPrivateGoal: ['schedule-lifecycle', 'bind-private-to-session', 'track', 'event-log', 'broadcast'],
  },
  'goal.added': {
    ShowGoal: [...everyScreen, 'authorize'],
    ShowFundingGoal: everyScreen,
    KaraokeGoal: everyScreen,
    ExclusiveGoal: everyScreen,
    TriggerExclusiveGoal: everyScreen,
    TriggerPrivateGoal: everyScreen,
  },
  'goal.activated': rowsOf('notify-lifecycle', 'track-lifecycle', 'event-log', 'broadcast'),
  'goal.expired': stepsWithFunding,
  'goal.cancelled': stepsWithFunding,
  'goal.corrected': {
    ...rowsOf('notify-lifecycle', 'track-lifecycle', 'event-log', 'broadcast'),
    ShowFundingGoal: ['notify-lifecycle', 'track-lifecycle', 'event-log', 'broadcast', 'revoke-voided'],
  },
  'goal.updated': stepsWithFunding,
  'goal.progressed': rowsOf('notify-progress', 'track-progress', 'event-log', 'broadcast'),
  'goal.failed': rowsOf('event-log', 'broadcast'),
  'goal.settled': {
    ShowFundingGoal: ['notify-lifecycle', 'track-lifecycle', 'event-log', 'broadcast', 'revoke-settled'],
  },
  'access.granted': { ShowFundingGoal: ['notify-access', 'event-log', 'broadcast'] },
  'access.revoked': { ShowFundingGoal: ['notify-access', 'event-log', 'broadcast'] },
} satisfies Record<string, Partial<Record<GoalClass, readonly string[]>>>;

/** The delivery queues of the handlers, for what waits on servers of others: Pusher, the RTC server, the broker. */
export const goalDeliveryQueues = ['push', 'media', 'broker'];
