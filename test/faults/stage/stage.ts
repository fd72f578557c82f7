import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMongod, startRedis } from '#local-stack';
import { Redis } from 'ioredis';
import { mongo } from 'mongoose';
import { testSecret } from '../../client.js';
import { freePort } from '../../process.js';
import { PusherSink } from '../../pusher-sink.js';
import { ServiceProcess } from './service-process.js';
import { Store } from './store.js';
import { TcpProxy } from './tcp-proxy.js';

/** Start of every key of the service under test. */
export const prefix = 'faults';

/** Everything the suite runs: stores, the way to them, a Pusher, an api and a worker. */
export class Stage {
  dataDir: string;
  mongod: Store;
  valkey: Store;
  /** The services reach Valkey and Pusher by these; mongod only where a fault asks for it, see `mongoByProxy`. */
  toMongod: TcpProxy;
  toValkey: TcpProxy;
  toPusher: TcpProxy;
  pusher: PusherSink;
  api: ServiceProcess;
  worker: ServiceProcess;
  /** The suite's own eyes, past all proxies. */
  db: mongo.Db;
  redis: Redis;
  /** Processes that ended though nobody ended them. */
  readonly unexpectedEnds: string[] = [];
  private client: mongo.MongoClient;
  private readonly ports = new Map<string, number>();
  private readonly started: ServiceProcess[] = [];
  private rivals: ServiceProcess[] = [];

  /** `more` are variables of api and worker beside those that the suite needs. */
  constructor(private readonly more: NodeJS.ProcessEnv = {}) {}

  async open(): Promise<void> {
    this.dataDir = await mkdtemp(join(tmpdir(), 'goalpost-faults-'));
    this.mongod = await Store.start(startMongod, this.dataDir);
    this.valkey = await Store.start(startRedis, this.dataDir);
    this.pusher = await PusherSink.start();
    this.toMongod = await TcpProxy.start(this.mongod.port);
    this.toValkey = await TcpProxy.start(this.valkey.port);
    this.toPusher = await TcpProxy.start(Number(this.pusher.env.PUSHER_PORT));
    this.client = await mongo.MongoClient.connect(this.mongod.url);
    this.db = this.client.db();
    this.redis = new Redis(this.valkey.url, { maxRetriesPerRequest: null });
    this.redis.on('error', () => undefined);
    await this.startServices(false);
  }

  /** Another worker on the same stores. */
  async startRival(name: string): Promise<void> {
    this.rivals.push(await this.process('worker', name, false));
  }

  async endRivals(): Promise<void> {
    await Promise.all(this.rivals.map((rival) => rival.end('SIGTERM')));
    this.rivals = [];
  }

  /** An api or a worker; `name` decides its port and log. */
  private async process(app: 'api' | 'worker', name: string, mongoByProxy: boolean): Promise<ServiceProcess> {
    const port = this.ports.get(name) ?? (await freePort());
    this.ports.set(name, port);
    const started = new ServiceProcess({
      app,
      port,
      env: this.environment(mongoByProxy),
      logFile: join(this.dataDir, `${name}.log`),
      onUnexpectedEnd: (what) => this.unexpectedEnds.push(what),
    });
    this.started.push(started);
    return started.start();
  }

  /** Ends api and worker in order and starts them with the way to mongod led through the proxy, or past it. */
  async mongoByProxy(isByProxy: boolean): Promise<void> {
    await Promise.all([this.api.end('SIGTERM'), this.worker.end('SIGTERM')]);
    await this.startServices(isByProxy);
  }

  /** Ends everything; nothing is left, unless FAULTS_KEEP asks for data and logs. */
  async close(): Promise<void> {
    await Promise.all(this.started.map((each) => each.end('SIGTERM')));
    await this.client?.close();
    this.redis?.disconnect();
    await Promise.all([this.toMongod?.stop(), this.toValkey?.stop(), this.toPusher?.stop()]);
    await this.pusher?.stop();
    await Promise.all([this.mongod?.stop(), this.valkey?.stop()]);
    if (process.env.FAULTS_KEEP) console.log(`kept: ${this.dataDir}`);
    else await rm(this.dataDir, { recursive: true, force: true });
  }

  private async startServices(mongoByProxy: boolean): Promise<void> {
    // One after the other: the first one makes the indexes.
    this.worker = await this.process('worker', 'worker', mongoByProxy);
    this.api = await this.process('api', 'api', mongoByProxy);
  }

  /** The variables of api, worker and operations. */
  environment(mongoByProxy = false): NodeJS.ProcessEnv {
    return {
      MONGO_URL: mongoByProxy
        ? `mongodb://127.0.0.1:${this.toMongod.port}/goalpost?directConnection=true`
        : this.mongod.url,
      REDIS_URL: `redis://127.0.0.1:${this.toValkey.port}`,
      REDIS_PREFIX: prefix,
      JWT_SECRET: testSecret,
      LOG_LEVEL: process.env.FAULTS_LOG ?? 'fatal',
      MESSAGING_URL: 'off',
      DELIVERY_BACKOFF_MS: '100',
      SWEEP_INTERVAL_MS: '5000',
      ...this.pusher.env,
      PUSHER_PORT: String(this.toPusher.port),
      ...this.more,
    };
  }
}
