import { atLeast, configSection } from '#platform';

/** How long events are kept. */
export class EventLogConfig {
  /** 0: no event is kept. */
  keptDays: number;
}

export const eventLogConfig = configSection({
  type: EventLogConfig,
  variables: {
    EVENT_LOG_DAYS: atLeast(0)({
      default: 30,
      desc: 'days for which events are kept for GET /events and for streams that resume; 0 keeps none',
    }),
  },
  read: ({ EVENT_LOG_DAYS: keptDays }) => ({ keptDays }),
});
