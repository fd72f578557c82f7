import { isIP } from 'node:net';
import { makeValidator, str, url } from 'envalid';
import { readClusterUrl } from '../redis/redis-connection.js';

/** The parts of a list with commas between. */
export const listIn = (text: string): string[] => text.split(',').map((part) => part.trim());

const secretsOfLength = (bytes: number) =>
  makeValidator<string>((value) => {
    if (listIn(value).some((secret) => Buffer.byteLength(secret) < bytes))
      throw new Error(`needs at least ${bytes} bytes`);
    return value;
  });

/** A whole number within these limits. */
export const between = (least: number, most: number) =>
  makeValidator<number>((value) => {
    const parsed = Number(value);
    if (!Number.isInteger(parsed) || parsed < least || parsed > most)
      throw new Error(`needs a whole number from ${least}${most < Infinity ? ` to ${most}` : ''}`);
    return parsed;
  });

/** A whole number of at least this. */
export const atLeast = (least: number) => between(least, Infinity);

/** A URL as `new URL` takes it, or one with several hosts, which it does not take. */
const redisUrl = makeValidator<string>((value) => {
  if (readClusterUrl(value)) return value;
  if (!/^rediss?:\/\/[^/]/.test(value) || !URL.canParse(value)) throw new Error('Invalid url');
  return value;
});

const mongoUrl = makeValidator<string>((value) => {
  // A replica set has several hosts.
  if (!/^mongodb(\+srv)?:\/\/[^/,]+(,[^/,]+)*(\/.*)?$/.test(value)) throw new Error('Invalid url');
  return value;
});

/** 0 takes any free port. */
const listenPort = makeValidator<number>((value) => {
  const parsed = Number(value);
  if (!/^\d{1,5}$/.test(value) || parsed > 65_535) throw new Error('needs a port, 0 to 65535');
  return parsed;
});

/** A text that `read` accepts; kept as written, so that tables and errors show it so. */
const readableBy = (read: (value: string) => unknown) =>
  makeValidator<string>((value) => {
    read(value);
    return value;
  });

const origins = makeValidator<string>((value) => {
  for (const one of value.split(','))
    if (!URL.canParse(one) || new URL(one).origin !== one)
      throw new Error(`needs origins such as https://example.com, with commas between; ${one} is none`);
  return value;
});

const openOrOff = (desc: string) => str({ default: 'open', choices: ['open', 'off'], desc });

/** The variables of platform: the check, the default and the meaning of each. */
export const variables = {
  PORT: listenPort({ default: 3000, desc: 'port of the HTTP server; the worker answers /health there' }),
  HOST: str({ default: '127.0.0.1', desc: 'address to listen on' }),
  TRUST_PROXY: readableBy(readProxies)({
    default: undefined,
    desc: 'proxies whose X-Forwarded-For is believed: addresses and networks, with commas between; default: none',
  }),
  CORS_ORIGINS: origins({
    default: undefined,
    desc: 'origins whose pages may call from a browser, with commas between; default: none',
  }),
  REQUEST_TIMEOUT_MS: atLeast(100)({
    default: 10_000,
    desc: 'time in which the headers and the body of a request have to arrive',
  }),
  SHUTDOWN_DELAY_MS: between(
    0,
    600_000,
  )({
    default: 2000,
    desc: 'how long a process serves on after SIGTERM, not ready any more, so that clients go elsewhere',
  }),
  RATE_LIMIT: readableBy(readRateLimits)({
    default: 'address=100000/10s,user=10000/10s,service=100000/10s',
    desc: 'requests in so many seconds from one address, of one user, of one service or admin; or off',
  }),
  MAX_IN_FLIGHT: atLeast(1)({
    default: 1000,
    desc: 'requests of a kind (reads, payments, changes) that one api works on at once',
  }),
  DOCS: openOrOff('whether /docs and /docs-json are served: open or off'),
  METRICS: openOrOff('whether /metrics is served: open or off'),
  MONGO_URL: mongoUrl({ desc: 'MongoDB with a replica set, database included' }),
  REDIS_URL: redisUrl({
    desc: 'Redis or Valkey with appendonly yes, or redis+cluster://host:port,host:port',
  }),
  REDIS_PREFIX: str({ default: 'goalpost', desc: 'start of every key in Redis' }),
  JWT_SECRET: secretsOfLength(32)({
    default: undefined,
    desc: 'secret for HS256 tokens, 32 bytes or more; several, with commas between, while one replaces another',
  }),
  JWT_JWKS_URL: url({ default: undefined, desc: 'public keys for RS256, ES256 and EdDSA tokens' }),
  JWT_ISSUER: str({ default: undefined, desc: 'iss that every token has to have; default: any' }),
  JWT_AUDIENCE: str({ default: undefined, desc: 'aud that every token has to be for; default: any' }),
  LOG_LEVEL: str({
    default: 'info',
    choices: ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'],
    desc: 'least level that is logged',
  }),
  WORKER_CONCURRENCY: atLeast(1)({ default: 128, desc: 'jobs of one queue at work at once in a worker' }),
  DELIVERY_ATTEMPTS: atLeast(1)({ default: 12, desc: 'tries of a job or a delivery before it is dead' }),
  DELIVERY_BACKOFF_MS: atLeast(1)({
    default: 250,
    desc: 'wait before the second try; doubles each time up to a minute, with jitter',
  }),
  JOB_LOCK_MS: atLeast(500)({
    default: 10_000,
    desc: 'how long the jobs of a worker that was killed stay locked, before another one runs them',
  }),
  DEMO_FILE: str({
    default: undefined,
    desc: 'JSON file with the tokens and ids of the local demo; with it /demo and /overlay are served; local mode only, never in production',
  }),
};

/** So many requests in so many seconds. */
export interface Quota {
  requests: number;
  seconds: number;
}

/** Whose requests are counted: those from one address, of one user, of one service or admin. */
export const limited = ['address', 'user', 'service'] as const;
export type Limited = (typeof limited)[number];

/** The quota of each; what has none is not limited. */
export type RateLimits = Partial<Record<Limited, Quota>>;

const quotaForm = /^(address|user|service)=(\d{1,9})\/(\d{1,5})s$/;

/** Reads `user=100/10s,address=500/10s`, or `off`. Throws if the text is neither. */
export function readRateLimits(text: string): RateLimits {
  if (text === 'off') return {};
  const quotas = text.split(',').map((one): [Limited, Quota] => {
    const [, name, requests, seconds] = quotaForm.exec(one.trim()) ?? [];
    const quota = { requests: Number(requests), seconds: Number(seconds) };
    // NaN if nothing matched, which is not at least 1 either.
    if (!(quota.requests >= 1 && quota.seconds >= 1))
      throw new Error(`needs to be off, or a list such as user=100/10s of ${limited.join(', ')}`);
    return [name as Limited, quota];
  });
  return Object.fromEntries(quotas);
}

/** The proxies whose X-Forwarded-For is trusted, as Fastify's `trustProxy` takes it; false: none. */
export type Proxies = string[] | false;

const namedNetworks = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** Reads `10.0.0.0/8,loopback`; the empty text means no proxy. Throws if the text is neither. */
export function readProxies(text: string): Proxies {
  if (text === '') return false;
  const networks = text.split(',').map((one) => one.trim());
  for (const network of networks)
    if (!isNetwork(network))
      throw new Error(`needs addresses or networks, with commas between; ${network} is none`);
  return networks;
}

function isNetwork(text: string): boolean {
  const [address = '', bits] = text.split('/');
  const version = isIP(address);
  if (version === 0) return namedNetworks.has(text);
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
