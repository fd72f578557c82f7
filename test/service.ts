import { bootApi } from '#api';
import { type AppConfig, loadConfig, openRedis } from '#platform';
import { bootWorker } from '#worker';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomBytes } from 'node:crypto';
import { Cluster, type Redis } from 'ioredis';
import mongoose from 'mongoose';
import { first, firstValueFrom } from 'rxjs';
import { Client, testSecret } from './client.js';

/** How many apis and workers stand where a test asks for one; its requests go to the apis in turn. */
export const scale = Number(process.env.TEST_SCALE ?? 1);

/** goalpost as a test has it: an api and a worker on a database and key prefix of their own. */
export class TestService {
  readonly prefix = `test-${randomBytes(6).toString('hex')}`;
  /** What mongod calls the test's own connection. */
  readonly appName = 'test';
  readonly config: AppConfig;
  mongo: mongoose.Connection;
  redis: Redis;
  private readonly apis: { app: NestFastifyApplication; url: string }[] = [];
  private workers: NestFastifyApplication[] = [];
  private requests = 0;
  private otherUrl?: string;

  constructor(env: NodeJS.ProcessEnv = {}) {
    this.config = loadConfig({
      MONGO_URL: required('TEST_MONGO_URL').replace(/\/[^/?]*(\?|$)/, `/${this.prefix}$1`),
      REDIS_URL: required('TEST_REDIS_URL'),
      REDIS_PREFIX: this.prefix,
      JWT_SECRET: testSecret,
      LOG_LEVEL: 'silent',
      MESSAGING_URL: 'off',
      DELIVERY_BACKOFF_MS: '20',
      ...env,
    });
  }

  /** Starts the stores' connections, a worker and an api. */
  static async start(env: NodeJS.ProcessEnv = {}): Promise<TestService> {
    const service = new TestService(env);
    await service.connect();
    await service.startWorker();
    await service.startApi();
    return service;
  }

  async connect(): Promise<void> {
    const { url } = this.config.mongo;
    this.mongo = await mongoose.createConnection(url, { appName: this.appName }).asPromise();
    this.redis = openRedis(this.config.redis.url, {});
    this.redis.setMaxListeners(100);
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
    if (!this.config.messaging.url?.startsWith('nats:')) return;
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

  /** Stops everything and leaves nothing behind. */
  async stop(): Promise<void> {
    await Promise.all(this.apis.map(({ app }) => app.close()));
    await this.stopWorker();
    await this.forget(await this.keys());
    await this.mongo.dropDatabase();
    await this.mongo.close();
    this.redis.disconnect();
  }
}

/** Messages by TCP have one port, which the first api has. */
function withoutPort(config: AppConfig): AppConfig {
  return config.messaging.url?.startsWith('tcp:') ? Object.assign({}, config, { messaging: {} }) : config;
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run the tests by: npm test`);
  return value;
}
