import { bootApi } from '#api';
import { MessagingConfig } from '#messaging';
import { loadAppConfig } from '#operations';
import { AppConfig, openRedis } from '#platform';
import { bootWorker } from '#worker';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomBytes } from 'node:crypto';
import { Cluster, type Redis } from 'ioredis';
import mongoose from 'mongoose';
import { first, firstValueFrom } from 'rxjs';
import { Client, testSecret } from './client.js';
import { PusherSink } from './pusher-sink.js';
import { TestQueues } from './queues.js';
import { takeCommandFaults } from './sharding/command-faults.js';
import { takeWireFaults } from './wire.js';

/** How many apis and workers stand where a test asks for one; its requests go to the apis in turn. */
export const scale = Number(process.env.TEST_SCALE ?? 1);

/** The variables of a service; a function if they are known only once it starts. */
type TestEnv = NodeJS.ProcessEnv | (() => NodeJS.ProcessEnv);

type App = 'api' | 'worker';

/** What a service has besides its variables. */
export interface TestServiceOptions {
  /** Whether its events go to a sink that stands in for Pusher. */
  sink?: boolean;
  /** The processes that start with it. */
  apps?: App[];
}

/** goalpost as a test has it: an api and a worker on a database and key prefix of their own. */
export class TestService {
  prefix = freshPrefix();
  /** What mongod calls the test's own connection. */
  readonly appName = 'test';
  mongo: mongoose.Connection;
  redis: Redis;
  readonly queues = new TestQueues(this);
  /** Gets the events, if the service has a sink. */
  readonly sink = new PusherSink();
  private readonly options: Required<TestServiceOptions>;
  private loaded?: AppConfig;
  private readonly apis: { app: NestFastifyApplication; url: string }[] = [];
  private workers: NestFastifyApplication[] = [];
  private readonly stops: (() => unknown)[] = [];
  private requests = 0;
  private otherUrl?: string;

  constructor(
    private readonly env: TestEnv = {},
    options: TestServiceOptions = {},
  ) {
    this.options = { sink: false, apps: ['worker', 'api'], ...options };
  }

  get config(): AppConfig {
    return (this.loaded ??= loadAppConfig({
      MONGO_URL: required('TEST_MONGO_URL').replace(/\/[^/?]*(\?|$)/, `/${this.prefix}$1`),
      REDIS_URL: required('TEST_REDIS_URL'),
      REDIS_PREFIX: this.prefix,
      JWT_SECRET: testSecret,
      LOG_LEVEL: 'silent',
      MESSAGING_URL: 'off',
      DELIVERY_BACKOFF_MS: '20',
      ...(this.options.sink && this.sink.env),
      ...(typeof this.env === 'function' ? this.env() : this.env),
    }));
  }

  /** Starts the stores' connections, a worker and an api, or those of the options. */
  static async start(env: TestEnv = {}, options: TestServiceOptions = {}): Promise<TestService> {
    const service = new TestService(env, options);
    await service.start();
    return service;
  }

  /** Starts all that the options name; what has been started is stopped again if a part of it fails to start. */
  async start(): Promise<void> {
    try {
      await this.connect();
      const { apps } = this.options;
      const starts = apps.map((app) => (app === 'api' ? this.startApi() : this.startWorker()));
      // Both are up or have failed before anything is stopped.
      await Promise.allSettled(starts);
      await Promise.all(starts);
    } catch (error) {
      await this.stop().catch(() => undefined);
      throw error;
    }
  }

  async connect(): Promise<void> {
    if (this.options.sink) await this.sink.listen();
    this.beforeStop(() => this.options.sink && this.sink.stop());
    const { url } = this.config.mongo;
    // What tests wait for is what the api sees: nothing that only the primary has.
    this.mongo = mongoose.createConnection(url, {
      appName: this.appName,
      readConcern: { level: 'majority' },
    });
    this.beforeStop(() => this.mongo.close());
    await this.mongo.asPromise();
    this.beforeStop(() => this.mongo.dropDatabase());
    this.redis = openRedis(this.config.redis.url, {});
    this.redis.setMaxListeners(100);
    this.beforeStop(() => this.redis.disconnect());
    this.beforeStop(async () => this.forget(await this.keys()));
    this.beforeStop(() => this.queues.close());
    this.beforeStop(() => this.stopWorker());
    this.beforeStop(() => Promise.all(this.apis.splice(0).map(({ app }) => app.close())));
  }

  /** Starts an api; one more where there is one. */
  async startApi(): Promise<void> {
    for (let count = 0; count < scale; count++) {
      const app = await bootApi(this.apis.length === 0 ? this.config : withoutPort(this.config));
      await app.listen(0, '127.0.0.1');
      this.apis.push({ app, url: await app.getUrl() });
    }
  }

  /** Waits until the api that was started last takes messages, where it does not before it is up. */
  async takesMessages(): Promise<void> {
    if (!/^(nats|tls):/.test(this.config.get(MessagingConfig).url ?? '')) return;
    for (const { app } of this.apis) {
      const [transport] = app.getMicroservices();
      await firstValueFrom(transport!.status.pipe(first((status) => status === 'connected')));
    }
  }

  async startWorker(): Promise<void> {
    for (let count = 0; count < scale; count++) this.workers.push(await bootWorker(this.config));
  }

  async stopWorker(): Promise<void> {
    const workers = this.workers;
    this.workers = [];
    await Promise.all(workers.map((worker) => worker.close()));
  }

  /** Does this when the service stops, before all that has been started by now. */
  beforeStop(stop: () => unknown): void {
    this.stops.unshift(stop);
  }

  /** A worker that runs; the same each time. */
  get worker(): NestFastifyApplication | undefined {
    return this.workers[0];
  }

  /** Stops the api that has run longest. */
  async stopApi(): Promise<void> {
    await this.apis.shift()?.app.close();
  }

  /** Addresses of all apis. */
  get urls(): string[] {
    return this.apis.map(({ url }) => url);
  }

  /** Address of an api, of the next one each time, or of one that a test runs by itself. */
  get baseUrl(): string {
    return this.otherUrl ?? this.apis[this.requests++ % this.apis.length]!.url;
  }

  set baseUrl(url: string) {
    this.otherUrl = url;
  }

  /** A client with a token of this user and these roles. */
  client(userId?: string, roles?: string[]): Client {
    return new Client(() => this.baseUrl, userId, roles);
  }

  /** Documents of a collection. */
  documents(collection: string, filter: object = {}): Promise<Record<string, unknown>[]> {
    return this.mongo.collection(collection).find(filter).toArray();
  }

  /** Every key of this service in Redis, sorted. */
  async keys(): Promise<string[]> {
    const redis: unknown = this.redis;
    const patterns = [`${this.prefix}:*`, `{${this.prefix}}:*`];
    const found = await Promise.all(
      patterns.flatMap((pattern) => {
        if (!(redis instanceof Cluster)) return [this.redis.keys(pattern)];
        // A node that was killed is known for a while longer.
        return redis.nodes('master').map((node) => node.keys(pattern).catch(() => []));
      }),
    );
    return found.flat().toSorted();
  }

  /** Drops these keys, wherever each of them is. */
  async forget(keys: string[]): Promise<void> {
    await Promise.all(keys.map((key) => this.redis.del(key)));
  }

  /** Stops everything that has been started, and leaves nothing behind; it can start again then. */
  async stop(): Promise<void> {
    try {
      await stopAll(this.stops.splice(0));
    } finally {
      this.prefix = freshPrefix();
      this.loaded = undefined;
    }
  }
}

/**
 * A service for the tests around it: started before the first of them and stopped after the last, or before and after
 * each one. At the end its sink must have been sent nothing that a real Pusher would refuse, MongoDB nothing that a
 * sharded cluster would, and others nothing that asyncapi.json does not have.
 */
export function useService(
  env: TestEnv = {},
  { perTest = false, ...options }: TestServiceOptions & { perTest?: boolean } = {},
): TestService {
  const service = new TestService(env, options);
  const [before, after] = perTest ? [beforeEach, afterEach] : [beforeAll, afterAll];
  before(() => service.start());
  after(async () => {
    const { prefix } = service;
    await service.stop();
    expect(service.sink.faults).toEqual([]);
    expect(await takeCommandFaults(prefix)).toEqual([]);
    expect(takeWireFaults()).toEqual([]);
  });
  return service;
}

/** Does every one of these, in turn, also after one that fails; throws the first failure at the end. */
async function stopAll(steps: (() => unknown)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

const freshPrefix = () => `test-${randomBytes(6).toString('hex')}`;

/** Messages by TCP have one port, which the first api has. */
function withoutPort(config: AppConfig): AppConfig {
  if (!config.get(MessagingConfig).url?.startsWith('tcp:')) return config;
  const sections = new Map([...config.sections, [MessagingConfig, new MessagingConfig()]]);
  return Object.assign(new AppConfig(), config, { sections });
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run the tests by: npm test`);
  return value;
}
