import { bootApi } from '#api';
import { type AppConfig, loadConfig } from '#platform';
import { bootWorker } from '#worker';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import mongoose from 'mongoose';
import { first, firstValueFrom } from 'rxjs';
import { Client, testSecret } from './client.js';

/** goalpost as a test has it: an api and a worker on a database and key prefix of their own. */
export class TestService {
  readonly prefix = `test-${randomBytes(6).toString('hex')}`;
  readonly config: AppConfig;
  mongo: mongoose.Connection;
  redis: Redis;
  api?: NestFastifyApplication;
  worker?: NestFastifyApplication;
  baseUrl: string;

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
    this.mongo = await mongoose.createConnection(this.config.mongo.url).asPromise();
    this.redis = new Redis(this.config.redis.url);
  }

  async startApi(): Promise<void> {
    this.api = await bootApi(this.config);
    await this.api.listen(0, '127.0.0.1');
    this.baseUrl = await this.api.getUrl();
  }

  /** Waits until the api that was started last takes messages, where it does not before it is up. */
  async takesMessages(): Promise<void> {
    if (!this.config.messaging.url?.startsWith('nats:')) return;
    const [transport] = this.api!.getMicroservices();
    await firstValueFrom(transport!.status.pipe(first((status) => status === 'connected')));
  }

  async startWorker(): Promise<void> {
    this.worker = await bootWorker(this.config);
  }

  async stopWorker(): Promise<void> {
    await this.worker?.close();
    this.worker = undefined;
  }

  /** A client with a token of this user and these roles. */
  client(userId?: string, roles?: string[]): Client {
    return new Client(this.baseUrl, userId, roles);
  }

  /** Documents of a collection. */
  documents(collection: string, filter: object = {}): Promise<Record<string, unknown>[]> {
    return this.mongo.collection(collection).find(filter).toArray();
  }

  /** Every key of this service in Redis, sorted. */
  async keys(): Promise<string[]> {
    const found = await Promise.all([
      this.redis.keys(`${this.prefix}:*`),
      this.redis.keys(`{${this.prefix}}:*`),
    ]);
    return found.flat().toSorted();
  }

  /** Stops everything and leaves nothing behind. */
  async stop(): Promise<void> {
    await this.api?.close();
    await this.worker?.close();
    const keys = await this.keys();
    if (keys.length > 0) await this.redis.del(...keys);
    await this.mongo.dropDatabase();
    await this.mongo.close();
    this.redis.disconnect();
  }
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run the tests by: npm test`);
  return value;
}
