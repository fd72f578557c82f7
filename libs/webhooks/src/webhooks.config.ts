import { configSection } from '#platform';
import { makeValidator } from 'envalid';

/** Where webhooks may go, and when failed calls are repeated. */
export class WebhooksConfig {
  /** Each as `host:port`. They may be inside, and plain http. */
  allowed: Set<string>;
  /** How long to wait after each failed attempt. After the last wait there is one more attempt. */
  retryWaitsMs: number[];
}

const hostPorts = makeValidator<string>((value) => {
  for (const one of value.split(','))
    if (!/^(\[[0-9a-f:.]+\]|[^:/@\s[\]]+):\d{1,5}$/i.test(one.trim()))
      throw new Error(`needs host:port, with commas between; ${one} is none`);
  return value;
});

const waits = makeValidator<string>((value) => {
  if (!/^\d{1,7}(\.\d+)?(,\d{1,7}(\.\d+)?)*$/.test(value))
    throw new Error('needs seconds, with commas between');
  return value;
});

export const webhooksConfig = configSection({
  type: WebhooksConfig,
  variables: {
    WEBHOOK_ALLOW: hostPorts({
      default: undefined,
      desc: 'host:port of receivers that may be inside and plain http, with commas between; default: none',
    }),
    // Those of the Standard Webhooks specification: just over three days.
    WEBHOOK_RETRY_SECONDS: waits({
      default: '5,300,1800,7200,18000,36000,50400,72000,86400',
      desc: 'seconds to wait after each failed attempt of a webhook, before it is disabled',
    }),
  },
  read: (values) => ({
    allowed: new Set(
      (values.WEBHOOK_ALLOW ?? '')
        .toLowerCase()
        .split(',')
        .map((one) => one.trim())
        .filter(Boolean),
    ),
    retryWaitsMs: values.WEBHOOK_RETRY_SECONDS.split(',').map((seconds) => Number(seconds) * 1000),
  }),
});
