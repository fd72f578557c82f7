import { configSection, readClusterUrl } from '#platform';
import { makeValidator } from 'envalid';

/** How messages come and events go out; without a URL neither does. */
export class MessagingConfig {
  url?: string;
}

const messagingUrl = makeValidator<string>((value) => {
  if (readClusterUrl(value)) return value;
  const isAddress = /^((rediss?|nats|tls):\/\/[^/]+|tcp:\/\/[^/:]+:\d+$)/.test(value) && URL.canParse(value);
  if (value !== 'off' && !isAddress)
    throw new Error('needs to be redis://…, nats://…, tls://…, tcp://host:port or off');
  return value;
});

export const messagingConfig = configSection({
  type: MessagingConfig,
  variables: {
    MESSAGING_URL: messagingUrl({
      default: undefined,
      desc: 'redis://, nats://, tls:// (NATS by TLS alone) or tcp:// by which messages of other services come and events go out, or off; default: REDIS_URL',
    }),
  },
  read: ({ MESSAGING_URL: url }, { redis }) => ({ url: url === 'off' ? undefined : (url ?? redis.url) }),
});
