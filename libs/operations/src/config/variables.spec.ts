import { isatty } from 'node:tty';
import { AnalyticsConfig } from '#analytics';
import { GoalsConfig } from '#goals';
import { MessagingConfig } from '#messaging';
import { ConfigError, isForPeople } from '#platform';
import { RealtimeConfig } from '#realtime';
import { appVariables as variables, loadAppConfig as loadConfig } from './app-config.js';

type Name = keyof typeof variables;

const valid = {
  MONGO_URL: 'mongodb://127.0.0.1/goalpost',
  REDIS_URL: 'redis://127.0.0.1',
  JWT_SECRET: 'x'.repeat(32),
};
const pusher = { PUSHER_APP_ID: 'app', PUSHER_KEY: 'key', PUSHER_SECRET: 'secret' };
const load = (env: NodeJS.ProcessEnv) => loadConfig({ ...valid, ...pusher, ...env });

/** The lines of a refusal below its heading. */
function faultsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ConfigError && error.name === 'ConfigError')
      return error.message.split('\n').slice(1);
    throw error;
  }
  return [];
}

const desc = (name: Name) => variables[name].desc!;

describe('every variable', () => {
  it.each(Object.keys(variables) as Name[])('%s says what it is for', (name) => {
    expect(desc(name).length).toBeGreaterThan(3);
  });

  it('is read into the settings, each where it belongs', () => {
    const config = load({
      PORT: '1',
      HOST: '0.0.0.0',
      TRUST_PROXY: '10.0.0.1',
      CORS_ORIGINS: 'https://a.example',
      REQUEST_TIMEOUT_MS: '100',
      SHUTDOWN_DELAY_MS: '101',
      RATE_LIMIT: 'user=1/2s',
      MAX_IN_FLIGHT: '3',
      MAX_OPEN_GOALS: '4',
      MAX_BACKLOG: '5',
      MAX_BACKLOG_SECONDS: '6',
      DOCS: 'off',
      METRICS: 'off',
      REDIS_PREFIX: 'p',
      JWT_JWKS_URL: 'https://id.example/jwks.json',
      JWT_ISSUER: 'iss',
      JWT_AUDIENCE: 'aud',
      LOG_LEVEL: 'warn',
      WORKER_CONCURRENCY: '7',
      DELIVERY_ATTEMPTS: '8',
      DELIVERY_BACKOFF_MS: '9',
      JOB_LOCK_MS: '500',
      MESSAGING_URL: 'off',
      SWEEP_INTERVAL_MS: '110',
      RTC_SOURCES_URL: 'https://rtc.example/{session_id}',
      RTC_SOURCES_TIMEOUT_MS: '12',
      ANALYTICS_URL: 'https://facts.example/',
      ANALYTICS_TTL_DAYS: '13',
      PUSHER_HOST: 'h',
      PUSHER_PORT: '14',
      PUSHER_USE_TLS: 'true',
      PUSHER_CLUSTER: 'eu',
      PUSHER_ENCRYPTION_MASTER_KEY: Buffer.alloc(32, 1).toString('base64'),
      PUSHER_TIMEOUT_MS: '15',
      CHANNEL_STREAM: 's-{streamer_id}',
      CHANNEL_VIEWER: 'v-{streamer_id}',
      DEMO_FILE: '/demo.json',
      NODE_ENV: 'development',
    });
    expect(config).toMatchObject({
      http: {
        port: 1,
        host: '0.0.0.0',
        proxies: ['10.0.0.1'],
        corsOrigins: ['https://a.example'],
        requestTimeoutMs: 100,
        shutdownDelayMs: 101,
        docs: false,
        metrics: false,
      },
      limits: {
        rates: { user: { requests: 1, seconds: 2 } },
        inFlight: 3,
      },
      mongo: { url: valid.MONGO_URL },
      redis: { url: valid.REDIS_URL, prefix: 'p' },
      auth: {
        secrets: [valid.JWT_SECRET],
        jwksUrl: 'https://id.example/jwks.json',
        issuer: 'iss',
        audience: 'aud',
      },
      log: { level: 'warn', pretty: true },
      jobs: { concurrency: 7, attempts: 8, backoffMs: 9, lockMs: 500 },
      demo: { file: '/demo.json' },
    });
    expect(config.get(MessagingConfig)).toMatchObject({ url: undefined });
    expect(config.get(AnalyticsConfig)).toMatchObject({ url: 'https://facts.example/', ttlDays: 13 });
    expect(config.get(GoalsConfig)).toMatchObject({
      maxOpenGoals: 4,
      backlog: { jobs: 5, seconds: 6 },
      sweepIntervalMs: 110,
      rtc: { sourcesUrl: 'https://rtc.example/{session_id}', timeoutMs: 12 },
    });
    expect(config.get(RealtimeConfig)).toMatchObject({
      pusher: {
        appId: 'app',
        key: 'key',
        secret: 'secret',
        host: 'h',
        port: 14,
        useTls: true,
        cluster: 'eu',
        encryptionMasterKeys: [Buffer.alloc(32, 1).toString('base64')],
        timeoutMs: 15,
      },
      channels: { stream: 's-{streamer_id}', viewer: 'v-{streamer_id}' },
    });
  });

  it('that is optional is not there unless it is set', () => {
    const config = loadConfig(valid);
    const { http, auth } = config;
    const { rtc } = config.get(GoalsConfig);
    const analytics = config.get(AnalyticsConfig);
    expect([http.corsOrigins, http.proxies, http.docs, http.metrics]).toEqual([[], false, true, true]);
    expect([auth.issuer, auth.audience, rtc.sourcesUrl, analytics.url, analytics.ttlDays]).toEqual(
      Array(5).fill(undefined),
    );
    expect(config.get(MessagingConfig).url).toBe(valid.REDIS_URL);
  });
});

describe('a variable takes what it can use, and says what it cannot', () => {
  const outOf = (least: number, most?: number) =>
    `needs a whole number from ${least}${most ? ` to ${most}` : ''}`;
  const port = 'needs a port, 0 to 65535';
  const origin = (one: string) =>
    `needs origins such as https://example.com, with commas between; ${one} is none`;

  it.each<[name: Name, taken: string[], refused: [value: string, why: string][]]>([
    [
      'PORT',
      ['0', '65535'],
      [
        ['65536', port],
        ['-1', port],
        ['1e3', port],
        ['1x', port],
        ['x1', port],
        ['000001', port],
      ],
    ],
    [
      'REQUEST_TIMEOUT_MS',
      ['100'],
      [
        ['99', outOf(100)],
        ['100.5', outOf(100)],
        ['soon', outOf(100)],
      ],
    ],
    [
      'SHUTDOWN_DELAY_MS',
      ['0', '600000'],
      [
        ['-1', outOf(0, 600_000)],
        ['600001', outOf(0, 600_000)],
      ],
    ],
    ['SWEEP_INTERVAL_MS', ['100'], [['99', outOf(100)]]],
    ['MAX_IN_FLIGHT', ['1'], [['0', outOf(1)]]],
    ['MAX_OPEN_GOALS', ['1'], [['0', outOf(1)]]],
    ['MAX_BACKLOG', ['1'], [['0', outOf(1)]]],
    ['MAX_BACKLOG_SECONDS', ['1'], [['0', outOf(1)]]],
    ['WORKER_CONCURRENCY', ['1'], [['0', outOf(1)]]],
    ['DELIVERY_ATTEMPTS', ['1'], [['0', outOf(1)]]],
    ['DELIVERY_BACKOFF_MS', ['1'], [['0', outOf(1)]]],
    ['JOB_LOCK_MS', ['500'], [['499', outOf(500)]]],
    ['RTC_SOURCES_TIMEOUT_MS', ['1'], [['0', outOf(1)]]],
    ['ANALYTICS_TTL_DAYS', ['1'], [['0', outOf(1)]]],
    [
      'PUSHER_TIMEOUT_MS',
      ['1', '10000'],
      [
        ['0', outOf(1, 10_000)],
        ['10001', outOf(1, 10_000)],
      ],
    ],
    [
      'JWT_SECRET',
      ['x'.repeat(32), 'é'.repeat(16), `${'x'.repeat(32)}, ${'y'.repeat(32)}`],
      [
        ['x'.repeat(31), 'needs at least 32 bytes'],
        [`${'x'.repeat(32)},`, 'needs at least 32 bytes'],
      ],
    ],
    [
      'PUSHER_ENCRYPTION_MASTER_KEY',
      [
        Buffer.alloc(32).toString('base64'),
        [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64')).join(','),
      ],
      [
        [Buffer.alloc(31).toString('base64'), 'needs 32 bytes in base64'],
        [Buffer.alloc(33).toString('base64'), 'needs 32 bytes in base64'],
      ],
    ],
    ['DOCS', ['open', 'off'], [['no', 'Value "no" not in choices [open,off]']]],
    ['METRICS', ['open', 'off'], [['no', 'Value "no" not in choices [open,off]']]],
    [
      'LOG_LEVEL',
      ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'],
      [['loud', 'Value "loud" not in choices [silent,fatal,error,warn,info,debug,trace]']],
    ],
    ['CHANNEL_STREAM', ['{streamer_id}'], [['x', 'needs {streamer_id} in it']]],
    ['CHANNEL_VIEWER', ['a{streamer_id}b'], [['{viewer_id}', 'needs {streamer_id} in it']]],
    [
      'CORS_ORIGINS',
      ['https://a.example', 'http://a:1,https://b.example'],
      [
        ['*', origin('*')],
        ['https://a.example/', origin('https://a.example/')],
        ['https://a.example,b', origin('b')],
      ],
    ],
    [
      'MONGO_URL',
      ['mongodb://a', 'mongodb+srv://a.example/x', 'mongodb://a:1,b:2/x?replicaSet=y', 'mongodb://a/'],
      [
        'http://a',
        'xmongodb://a',
        'mongodb://',
        'mongodb:///x',
        'mongodb://a,/x',
        'mongodb://,a',
        'mongodb+srv+x://a',
      ].map((value): [string, string] => [value, 'is not a URL']),
    ],
    [
      'REDIS_URL',
      ['redis://a', 'rediss://a:1/2', 'redis+cluster://a:1,b:2'],
      ['http://a', 'xredis://a', 'redis://', 'redis:///', 'redis://a b', 'redisss://a'].map(
        (value): [string, string] => [value, 'is not a URL'],
      ),
    ],
    [
      'MESSAGING_URL',
      ['off', 'nats://a', 'tls://a', 'redis://a', 'rediss://a', 'tcp://a:12', 'redis+cluster://a:1,b:2'],
      [
        'on',
        'xnats://a',
        'nats://',
        'nats:///a',
        'tcp://a',
        'tcp://a:',
        'tcp://:1',
        'tcp://a:1/',
        'tcp://a:x',
        'tcp://a/:1',
        'redis://a b',
        'xtcp://a:1',
      ].map((value): [string, string] => [
        value,
        'needs to be redis://…, nats://…, tls://…, tcp://host:port or off',
      ]),
    ],
    ['JWT_JWKS_URL', ['https://a'], [['a', 'is not a URL']]],
  ])('%s', (name, taken, refused) => {
    for (const value of taken) expect([value, faultsOf({ [name]: value })]).toEqual([value, []]);
    for (const [value, why] of refused)
      expect([value, faultsOf({ [name]: value })]).toEqual([value, [`  - ${name}: ${why} (${desc(name)})`]]);
  });

  it('is required where it has no default', () => {
    expect(faultsOf({ MONGO_URL: undefined, REDIS_URL: undefined })).toEqual([
      `  - MONGO_URL: is required (${desc('MONGO_URL')})`,
      `  - REDIS_URL: is required (${desc('REDIS_URL')})`,
    ]);
  });

  it('goes with others that it needs', () => {
    const together = 'PUSHER_APP_ID, PUSHER_KEY and PUSHER_SECRET go together';
    expect(faultsOf({ PUSHER_KEY: undefined })).toEqual([`  - PUSHER_KEY: ${together}`]);
    expect(faultsOf({ PUSHER_KEY: '', PUSHER_SECRET: '' })).toEqual([
      `  - PUSHER_KEY, PUSHER_SECRET: ${together}`,
    ]);
    const none = { PUSHER_APP_ID: undefined, PUSHER_KEY: undefined, PUSHER_SECRET: undefined };
    expect(load(none).get(RealtimeConfig).pusher).toBeUndefined();
    expect(faultsOf({ JWT_SECRET: undefined })).toEqual([
      '  - JWT_SECRET: set JWT_SECRET or JWT_JWKS_URL, so that tokens can be checked',
    ]);
    expect(faultsOf({ DEMO_FILE: '/x', NODE_ENV: 'production' })).toEqual([
      '  - DEMO_FILE: is not for production, as it hands tokens to everyone who asks',
    ]);
    expect(faultsOf({ NODE_ENV: 'production' })).toEqual([]);
  });
});

describe('logs are for people', () => {
  it('in development; else where somebody may look, but not in production', () => {
    expect(isForPeople({ NODE_ENV: 'development' })).toBe(true);
    expect(isForPeople({ NODE_ENV: 'production' })).toBe(false);
    expect(isForPeople({})).toBe(isatty(1));
  });
});
