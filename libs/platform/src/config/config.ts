import { isatty } from 'node:tty';
import { cleanEnv, EnvMissingError } from 'envalid';
import { type Proxies, type RateLimits, readProxies, readRateLimits, variables } from './variables.js';
import { readSecretFiles } from './secret-files.js';

/** How to reach a Pusher-protocol server. */
export interface PusherConfig {
  appId: string;
  key: string;
  secret: string;
  host?: string;
  port?: number;
  useTls: boolean;
  cluster?: string;
  encryptionMasterKey?: string;
  timeoutMs: number;
}

/** The configuration of a process, checked once at boot and never read from the environment again. */
export class AppConfig {
  http: {
    port: number;
    host: string;
    proxies: Proxies;
    corsOrigins: string[];
    requestTimeoutMs: number;
    docs: boolean;
    metrics: boolean;
  };
  limits: {
    rates: RateLimits;
    inFlight: number;
    openGoals: number;
    sessionPairs: number;
    backlog: { jobs: number; seconds: number };
  };
  mongo: { url: string };
  redis: { url: string; prefix: string };
  /** Absent: no messages are taken. */
  messaging: { url?: string };
  auth: { secret?: string; jwksUrl?: string; issuer?: string; audience?: string };
  /** `pretty`: for people, not machines. */
  log: { level: string; pretty: boolean };
  jobs: { concurrency: number; attempts: number; backoffMs: number; lockMs: number };
  lifecycle: { sweepIntervalMs: number };
  rtc: { sourcesUrl?: string; timeoutMs: number };
  analytics: { url?: string; ttlDays?: number };
  /** Absent: events are recorded in development's log instead of sent. */
  pusher?: PusherConfig;
  channels: { stream: string; viewer: string };
  /** Local mode only: the demo pages are served, with the tokens and ids of this file. */
  demo?: { file: string };
}

/** The configuration is invalid; the message lists every fault with its variable. */
export class ConfigError extends Error {
  constructor(faults: string[]) {
    super(['The configuration does not hold:', ...faults.map((fault) => `  - ${fault}`)].join('\n'));
    this.name = 'ConfigError';
  }
}

/** Reads and checks all settings; throws ConfigError with all faults at once. */
export function loadConfig(environment: NodeJS.ProcessEnv): AppConfig {
  const { env, faults } = readSecretFiles(environment, Object.keys(variables));
  const given = dropEmpty(env);
  const checked = cleanEnv(given, variables, {
    reporter: ({ errors }) => {
      for (const [name, error] of Object.entries(errors))
        faults.push(`${name}: ${wrongWith(error)} (${variables[name as keyof typeof variables].desc})`);
    },
  });
  // `checked` throws if a variable with a fault is read, so not before all faults are known.
  const absent = ['PUSHER_APP_ID', 'PUSHER_KEY', 'PUSHER_SECRET'].filter((name) => !given[name]);
  if (absent.length === 1 || absent.length === 2)
    faults.push(`${absent.join(', ')}: PUSHER_APP_ID, PUSHER_KEY and PUSHER_SECRET go together`);
  if (!given.JWT_SECRET && !given.JWT_JWKS_URL)
    faults.push('JWT_SECRET: set JWT_SECRET or JWT_JWKS_URL, so that tokens can be checked');
  if (given.DEMO_FILE && given.NODE_ENV === 'production')
    faults.push('DEMO_FILE: is not for production, as it hands tokens to everyone who asks');
  if (faults.length > 0) throw new ConfigError(faults);

  return {
    http: {
      port: checked.PORT,
      host: checked.HOST,
      proxies: readProxies(checked.TRUST_PROXY ?? ''),
      corsOrigins: checked.CORS_ORIGINS?.split(',') ?? [],
      requestTimeoutMs: checked.REQUEST_TIMEOUT_MS,
      docs: checked.DOCS === 'open',
      metrics: checked.METRICS === 'open',
    },
    limits: {
      rates: readRateLimits(checked.RATE_LIMIT),
      inFlight: checked.MAX_IN_FLIGHT,
      openGoals: checked.MAX_OPEN_GOALS,
      sessionPairs: checked.MAX_SESSION_PAIRS,
      backlog: { jobs: checked.MAX_BACKLOG, seconds: checked.MAX_BACKLOG_SECONDS },
    },
    mongo: { url: checked.MONGO_URL },
    redis: { url: checked.REDIS_URL, prefix: checked.REDIS_PREFIX },
    messaging: {
      url: checked.MESSAGING_URL === 'off' ? undefined : (checked.MESSAGING_URL ?? checked.REDIS_URL),
    },
    auth: {
      secret: checked.JWT_SECRET,
      jwksUrl: checked.JWT_JWKS_URL,
      issuer: checked.JWT_ISSUER,
      audience: checked.JWT_AUDIENCE,
    },
    log: { level: checked.LOG_LEVEL, pretty: isForPeople(given) },
    jobs: {
      concurrency: checked.WORKER_CONCURRENCY,
      attempts: checked.DELIVERY_ATTEMPTS,
      backoffMs: checked.DELIVERY_BACKOFF_MS,
      lockMs: checked.JOB_LOCK_MS,
    },
    lifecycle: { sweepIntervalMs: checked.SWEEP_INTERVAL_MS },
    rtc: { sourcesUrl: checked.RTC_SOURCES_URL, timeoutMs: checked.RTC_SOURCES_TIMEOUT_MS },
    analytics: { url: checked.ANALYTICS_URL, ttlDays: checked.ANALYTICS_TTL_DAYS },
    pusher: checked.PUSHER_APP_ID
      ? {
          appId: checked.PUSHER_APP_ID,
          key: checked.PUSHER_KEY!,
          secret: checked.PUSHER_SECRET!,
          host: checked.PUSHER_HOST,
          port: checked.PUSHER_PORT,
          useTls: checked.PUSHER_USE_TLS ?? !checked.PUSHER_HOST,
          cluster: checked.PUSHER_CLUSTER,
          encryptionMasterKey: checked.PUSHER_ENCRYPTION_MASTER_KEY,
          timeoutMs: checked.PUSHER_TIMEOUT_MS,
        }
      : undefined,
    channels: { stream: checked.CHANNEL_STREAM, viewer: checked.CHANNEL_VIEWER },
    demo: checked.DEMO_FILE ? { file: checked.DEMO_FILE } : undefined,
  };
}

/** Whether a person reads the log as it is written: in development, or at a terminal outside production. */
export function isForPeople({ NODE_ENV }: NodeJS.ProcessEnv): boolean {
  return NODE_ENV === 'development' || (NODE_ENV !== 'production' && isatty(1));
}

/** A URL may contain a password, so an invalid one is not repeated. */
function wrongWith(error: Error): string {
  if (error instanceof EnvMissingError) return 'is required';
  return error.message.startsWith('Invalid url') ? 'is not a URL' : error.message;
}

/** Compose files set variables to the empty string to mean "not set". */
function dropEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}
