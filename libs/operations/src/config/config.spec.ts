import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessagingConfig } from '#messaging';
import { ConfigError } from '#platform';
import { RealtimeConfig } from '#realtime';
import { loadAppConfig as loadConfig } from './app-config.js';

const secret = 'a-secret-of-forty-characters-and-no-less';
const valid = {
  MONGO_URL: 'mongodb://127.0.0.1:27017/goalpost',
  REDIS_URL: 'redis://127.0.0.1:6379',
  JWT_SECRET: secret,
};
const pusher = { PUSHER_APP_ID: 'app', PUSHER_KEY: 'key', PUSHER_SECRET: 'pusher-secret' };

/** What loadConfig says to an environment that it refuses. */
function refusalOf(env: NodeJS.ProcessEnv): string {
  try {
    loadConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('the environment was not refused');
}

describe('loadConfig', () => {
  it('needs the stores and a way to check tokens, and has defaults for the rest', () => {
    expect(loadConfig(valid)).toMatchObject({
      http: { port: 3000, host: '127.0.0.1' },
      mongo: { url: valid.MONGO_URL },
      redis: { url: valid.REDIS_URL, prefix: 'goalpost' },
      auth: { secrets: [secret], jwksUrl: undefined },
      log: { level: 'info' },
      jobs: { concurrency: 128, attempts: 12, backoffMs: 250 },
    });
    expect(loadConfig(valid).get(RealtimeConfig)).toMatchObject({
      pusher: undefined,
      channels: {
        stream: 'private-stream@{streamer_id}',
        viewer: 'presence-enc-stream-viewer@{streamer_id}.sd.{viewer_id}',
      },
    });
  });

  it('takes an empty variable for one that is not set', () => {
    expect(loadConfig({ ...valid, PORT: '', PUSHER_APP_ID: '' })).toEqual(loadConfig(valid));
    expect(refusalOf({ ...valid, MONGO_URL: '' })).toContain('MONGO_URL');
  });

  it.each([
    'redis://127.0.0.1:6380',
    'rediss://a:b@c',
    'nats://a',
    'nats://user:pass@a:4222',
    'tcp://a:3100',
    'tcp://broker.example:3100',
  ])('takes %s for messages', (MESSAGING_URL) => {
    expect(loadConfig({ ...valid, MESSAGING_URL }).get(MessagingConfig)).toEqual({ url: MESSAGING_URL });
  });

  it.each(['amqp://secret@a', 'nats://', 'nats://u:secret@a:4222,b:4222', 'tcp://secret', 'on'])(
    'takes messages by no other address, and repeats none: %s',
    (MESSAGING_URL) => {
      const refusal = refusalOf({ ...valid, MESSAGING_URL });
      expect(refusal).toContain(
        'MESSAGING_URL: needs to be redis://…, nats://…, tls://…, tcp://host:port or off',
      );
      expect(refusal).not.toContain('secret');
    },
  );

  it('says all faults at once, each with its variable and what that means', () => {
    const refusal = refusalOf({
      PORT: '99999',
      REDIS_URL: 'not a url',
      JWT_SECRET: 'short',
      LOG_LEVEL: 'loud',
      WORKER_CONCURRENCY: '0',
      DELIVERY_ATTEMPTS: '1.5',
      PUSHER_TIMEOUT_MS: '10001',
      CHANNEL_STREAM: 'private-stream',
      PUSHER_ENCRYPTION_MASTER_KEY: 'c2hvcnQ=',
      PUSHER_KEY: 'alone',
    });
    const [head, ...faults] = refusal.split('\n');
    expect(head).toBe('The configuration does not hold:');
    const named = faults.map((fault) => /^ {2}- ([A-Z_]+)/.exec(fault)?.[1] ?? fault);
    expect(new Set(named)).toEqual(
      new Set([
        'CHANNEL_STREAM',
        'DELIVERY_ATTEMPTS',
        'JWT_SECRET',
        'LOG_LEVEL',
        'MONGO_URL',
        'PORT',
        'PUSHER_APP_ID',
        'PUSHER_ENCRYPTION_MASTER_KEY',
        'PUSHER_TIMEOUT_MS',
        'REDIS_URL',
        'WORKER_CONCURRENCY',
      ]),
    );
    expect(refusal).toContain('needs at least 32 bytes');
    expect(refusal).toContain('needs a whole number from 1 to 10000');
    expect(refusal).toContain('MONGO_URL: is required (MongoDB with a replica set');
    expect(refusal).toContain('needs {streamer_id} in it');
  });

  it('names what looks like the variable that is missing', () => {
    const { REDIS_URL, ...others } = valid;
    const faults = refusalOf({ ...others, REDIS_URI: REDIS_URL })
      .split('\n')
      .slice(1);
    expect(faults).toEqual([
      expect.stringContaining('REDIS_URL: is required'),
      '  - REDIS_URI is set, but not known; did you mean REDIS_URL?',
    ]);
  });

  it('never repeats a secret that it refuses', () => {
    const refusal = refusalOf({
      MONGO_URL: 'mongodb//root:hunter1@127.0.0.1',
      REDIS_URL: 'redis//:hunter2@127.0.0.1',
      JWT_SECRET: 'hunter3',
      PUSHER_ENCRYPTION_MASTER_KEY: 'hunter4',
    });
    expect(refusal.split('\n')).toHaveLength(5);
    expect(refusal).not.toContain('hunter');
  });

  it('takes a replica set by all its members, and a Redis Cluster by some of its nodes', () => {
    const urls = {
      MONGO_URL: 'mongodb://a:27017,b:27017/goalpost?replicaSet=rs0&tlsCAFile=/etc/ca.pem',
      REDIS_URL: 'redis+cluster://a:7000,b:7001',
    };
    const config = loadConfig({ ...valid, ...urls });
    expect(config).toMatchObject({ mongo: { url: urls.MONGO_URL }, redis: { url: urls.REDIS_URL } });
    expect(config.get(MessagingConfig).url).toBe(urls.REDIS_URL);
    const refusal = refusalOf({ ...valid, MONGO_URL: 'mongodb://a,,b/x', REDIS_URL: 'redis+cluster://:pw@' });
    expect(refusal).toContain('MONGO_URL: is not a URL');
    expect(refusal).toContain('REDIS_URL: needs to be redis+cluster://host:port,host:port');
    expect(refusal).not.toContain('pw@');
    expect(refusalOf({ ...valid, REDIS_URL: 'http://a' })).toContain('REDIS_URL: is not a URL');
  });

  it('needs a secret or the address of public keys', () => {
    const { JWT_SECRET: _, ...without } = valid;
    expect(refusalOf(without)).toContain('set JWT_SECRET or JWT_JWKS_URL');
    const { auth } = loadConfig({ ...without, JWT_JWKS_URL: 'https://id.example/jwks.json' });
    expect(auth).toEqual({ secrets: [], jwksUrl: 'https://id.example/jwks.json' });
  });

  it('serves the demo where it is asked for, but never in production', () => {
    const asked = { ...valid, DEMO_FILE: '/tmp/demo.json' };
    expect(loadConfig(valid).demo).toBeUndefined();
    expect(loadConfig(asked).demo).toEqual({ file: '/tmp/demo.json' });
    expect(refusalOf({ ...asked, NODE_ENV: 'production' })).toContain('DEMO_FILE: is not for production');
  });
});

describe('the variables of Pusher', () => {
  it.each(Object.keys(pusher))('go together: %s is missed', (missing) => {
    const { [missing as keyof typeof pusher]: _, ...rest } = pusher;
    expect(refusalOf({ ...valid, ...rest })).toContain(`${missing}: PUSHER_APP_ID, PUSHER_KEY and`);
  });

  it('mean Pusher itself by TLS where no host is set, and that host without TLS where one is', () => {
    expect(loadConfig({ ...valid, ...pusher }).get(RealtimeConfig).pusher).toMatchObject({
      appId: 'app',
      key: 'key',
      secret: 'pusher-secret',
      useTls: true,
      timeoutMs: 5000,
    });
    const local = { ...valid, ...pusher, PUSHER_HOST: '127.0.0.1', PUSHER_PORT: '6001' };
    expect(loadConfig(local).get(RealtimeConfig).pusher).toMatchObject({
      host: '127.0.0.1',
      port: 6001,
      useTls: false,
    });
    expect(loadConfig({ ...local, PUSHER_USE_TLS: 'true' }).get(RealtimeConfig).pusher?.useTls).toBe(true);
  });
});

describe('a variable that is read from a file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'goalpost-config-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is what the file says, without the line end', () => {
    const path = join(folder, 'secret');
    writeFileSync(path, `${secret}\n`);
    const { JWT_SECRET: _, ...without } = valid;
    expect(loadConfig({ ...without, JWT_SECRET_FILE: path }).auth.secrets).toEqual([secret]);
  });

  it('is checked like any other', () => {
    const path = join(folder, 'url');
    writeFileSync(path, 'not a url');
    const { MONGO_URL: _, ...without } = valid;
    expect(refusalOf({ ...without, MONGO_URL_FILE: path })).toContain('MONGO_URL');
  });

  it('is a fault where the file cannot be read, beside all others', () => {
    const path = join(folder, 'absent');
    const refusal = refusalOf({ ...valid, PUSHER_SECRET_FILE: path, PORT: 'x' });
    expect(refusal).toContain(`PUSHER_SECRET_FILE: ${path} cannot be read`);
    expect(refusal).toContain('PORT');
  });

  it('is a fault where it is set directly too', () => {
    const refusal = refusalOf({ ...valid, JWT_SECRET_FILE: join(folder, 'secret') });
    expect(refusal).toContain('set either JWT_SECRET or JWT_SECRET_FILE, not both');
  });
});

describe('the configuration', () => {
  it('has a list of every secret', () => {
    const config = loadConfig({
      MONGO_URL: 'mongodb://root:mongo-pass@127.0.0.1/goalpost',
      REDIS_URL: 'redis://:redis-pass@127.0.0.1',
      JWT_SECRET: 'a-secret-of-forty-characters-and-no-less, another-one-that-is-to-replace-the-first',
      PUSHER_APP_ID: 'app',
      PUSHER_KEY: 'key',
      PUSHER_SECRET: 'pusher-secret',
      PUSHER_ENCRYPTION_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    });
    expect(new Set(config.secrets)).toEqual(
      new Set([
        'a-secret-of-forty-characters-and-no-less',
        'another-one-that-is-to-replace-the-first',
        'pusher-secret',
        Buffer.alloc(32, 7).toString('base64'),
        'mongo-pass',
        'redis-pass',
      ]),
    );
  });
});
