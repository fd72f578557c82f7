import { atLeast, configSection } from '#platform';
import { url } from 'envalid';

/** Where analytics events are forwarded to, and how long they are stored. */
export class AnalyticsConfig {
  url?: string;
  ttlDays?: number;
}

export const analyticsConfig = configSection({
  type: AnalyticsConfig,
  variables: {
    ANALYTICS_URL: url({
      default: undefined,
      desc: 'where batches of analytics events are posted as JSON lines',
    }),
    ANALYTICS_TTL_DAYS: atLeast(1)({
      default: undefined,
      desc: 'days after which analytics events are dropped; default: never',
    }),
  },
  read: (values) => ({ url: values.ANALYTICS_URL, ttlDays: values.ANALYTICS_TTL_DAYS }),
});
