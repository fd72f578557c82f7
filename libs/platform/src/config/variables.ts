import { bool, makeValidator, num, port, str, url } from 'envalid';

const secretOfLength = (bytes: number) =>
  makeValidator<string>((value) => {
    if (Buffer.byteLength(value) < bytes) throw new Error(`needs at least ${bytes} bytes`);
    return value;
  });

const atLeast = (least: number) =>
  makeValidator<number>((value) => {
    const parsed = Number(value);
    if (!Number.isInteger(parsed) || parsed < least) throw new Error(`needs a whole number from ${least}`);
    return parsed;
  });

const messagingUrl = makeValidator<string>((value) => {
  const isAddress = /^((rediss?|nats):\/\/[^/]+|tcp:\/\/[^/:]+:\d+$)/.test(value) && URL.canParse(value);
  if (value !== 'off' && !isAddress)
    throw new Error('needs to be redis://…, nats://…, tcp://host:port or off');
  return value;
});

/** 0 takes any port that is free. */
const listenPort = makeValidator<number>((value) => {
  const parsed = Number(value);
  if (!/^\d{1,5}$/.test(value) || parsed > 65_535) throw new Error('needs a port, 0 to 65535');
  return parsed;
});

const channelTemplate = makeValidator<string>((value) => {
  if (!value.includes('{streamer_id}')) throw new Error('needs {streamer_id} in it');
  return value;
});

/** Every variable that a process reads: its check, its default and what it means. */
export const variables = {
  PORT: listenPort({ default: 3000, desc: 'port of the HTTP server; the worker answers /health there' }),
  HOST: str({ default: '127.0.0.1', desc: 'address to listen on' }),
  MONGO_URL: url({ desc: 'MongoDB with a replica set, database included' }),
  REDIS_URL: url({ desc: 'Redis or Valkey with appendonly yes' }),
  REDIS_PREFIX: str({ default: 'goalpost', desc: 'start of every key in Redis' }),
  JWT_SECRET: secretOfLength(32)({ default: undefined, desc: 'secret for HS256 tokens, 32 bytes or more' }),
  JWT_JWKS_URL: url({ default: undefined, desc: 'public keys for RS256, ES256 and EdDSA tokens' }),
  LOG_LEVEL: str({
    default: 'info',
    choices: ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'],
    desc: 'least level that is logged',
  }),
  WORKER_CONCURRENCY: atLeast(1)({ default: 64, desc: 'jobs of one queue at work at once in a worker' }),
  DELIVERY_ATTEMPTS: atLeast(1)({ default: 12, desc: 'tries of a job or a delivery before it is dead' }),
  DELIVERY_BACKOFF_MS: atLeast(1)({
    default: 250,
    desc: 'wait before the second try; doubles each time up to a minute, with jitter',
  }),
  MESSAGING_URL: messagingUrl({
    default: undefined,
    desc: 'redis://, nats:// or tcp:// by which messages of other services come and events go out, or off; default: REDIS_URL',
  }),
  SWEEP_INTERVAL_MS: atLeast(100)({
    default: 60_000,
    desc: 'how often a worker looks for timers that were missed',
  }),
  RTC_SOURCES_URL: url({
    default: undefined,
    desc: 'RTC server to ask for the sources of a session ({session_id} in it is filled in); default: the session document',
  }),
  RTC_SOURCES_TIMEOUT_MS: atLeast(1)({ default: 2000, desc: 'how long the RTC server may take to answer' }),
  ANALYTICS_URL: url({
    default: undefined,
    desc: 'where batches of analytics events are posted as JSON lines',
  }),
  ANALYTICS_TTL_DAYS: atLeast(1)({
    default: undefined,
    desc: 'days after which analytics events are dropped; default: never',
  }),
  PUSHER_APP_ID: str({ default: undefined, desc: 'app id; without it events are recorded, not sent' }),
  PUSHER_KEY: str({ default: undefined, desc: 'app key' }),
  PUSHER_SECRET: str({ default: undefined, desc: 'app secret' }),
  PUSHER_HOST: str({ default: undefined, desc: 'host of a compatible server; default is Pusher itself' }),
  PUSHER_PORT: port({ default: undefined, desc: 'port of that host' }),
  PUSHER_USE_TLS: bool({ default: undefined, desc: 'default: true, or false where PUSHER_HOST is set' }),
  PUSHER_CLUSTER: str({ default: undefined, desc: 'cluster of Pusher, where no PUSHER_HOST is set' }),
  PUSHER_ENCRYPTION_MASTER_KEY: makeValidator<string>((value) => {
    if (Buffer.from(value, 'base64').length !== 32) throw new Error('needs 32 bytes in base64');
    return value;
  })({ default: undefined, desc: 'master key, 32 bytes in base64; default: derived from PUSHER_SECRET' }),
  PUSHER_TIMEOUT_MS: num({ default: 5000, desc: 'how long one call to Pusher may take' }),
  CHANNEL_STREAM: channelTemplate({
    default: 'private-stream@{streamer_id}',
    desc: 'channel of a stream',
  }),
  CHANNEL_VIEWER: channelTemplate({
    default: 'presence-enc-stream-viewer@{streamer_id}.sd.{viewer_id}',
    desc: 'channel of one viewer of a stream',
  }),
  DEMO_FILE: str({
    default: undefined,
    desc: 'JSON file with the tokens and ids of the local demo; with it /demo and /overlay are served; local mode only, never in production',
  }),
};
