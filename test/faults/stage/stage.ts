import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRedis } from '#platform';
import type { Redis } from 'ioredis';
import { mongo } from 'mongoose';
import { testSecret } from '../../client.js';
import { Recorder } from '../../history/recorder.js';
import { recordStoredChanges } from '../../history/stored-changes.js';
import { recordMessages } from '../../history/messages.js';
import { freePort } from '../../process.js';
import { PusherSink } from '../../pusher-sink.js';
import { ServiceProcess } from './service-process.js';
import { TcpProxy } from './tcp-proxy.js';

/** Start of every key of the service under test. */
export const prefix = 'faults';

/** How the services reach the stores, and how the suite does, past all proxies. */
export interface StoreUrls {
  services: { MONGO_URL: string; REDIS_URL: string };
  suite: { mongo: string; redis: string };
}

/** An api and a worker on stores of their own, with a Pusher; what they do is recorded. */
export abstract class Stage {
  dataDir: string;
  /** The services reach Pusher by this. */
  toPusher: TcpProxy;
  pusher: PusherSink;
  api: ServiceProcess;
  worker: ServiceProcess;
  /** The suite's own eyes. */
  db: mongo.Db;
  redis: Redis;
  /** Processes that ended though nobody ended them. */
  readonly unexpectedEnds: string[] = [];
  /** There once the recording has started. */
  recorder: Recorder;
  private client: mongo.MongoClient;
  private readonly ports = new Map<string, number>();
  private readonly started: ServiceProcess[] = [];
  private readonly recordings: { stop(): Promise<void> }[] = [];

  /** `more` are variables of api and worker beside those that the suite needs. */
  constructor(private readonly more: NodeJS.ProcessEnv = {}) {}

  async open(): Promise<void> {
    this.dataDir = await mkdtemp(join(tmpdir(), 'goalpost-faults-'));
    await this.startStores();
    this.pusher = await PusherSink.start();
    this.toPusher = await TcpProxy.start(Number(this.pusher.env.PUSHER_PORT));
    const { suite } = this.urls();
    this.client = await mongo.MongoClient.connect(suite.mongo, {
      heartbeatFrequencyMS: 1_000,
      connectTimeoutMS: 2_000,
      // What the services see, too.
      readConcernLevel: 'majority',
    });
    this.db = this.client.db();
    this.redis = openRedis(suite.redis, { maxRetriesPerRequest: null });
    this.redis.on('error', () => undefined);
    await this.startServices();
  }

  /** Records from now on what clients, Pusher and other services see, and what is stored. */
  async startRecording(): Promise<void> {
    this.recorder = new Recorder(join(this.dataDir, 'history.jsonl'));
    this.pusher.onAccepted = (event) => this.recorder.push(event);
    this.recordings.push(await recordStoredChanges(this.db, this.recorder));
    this.recordings.push(await recordMessages(this.urls().suite.redis, this.recorder));
  }

  /** Ends everything; nothing is left, unless FAULTS_KEEP asks for data and logs. */
  async close(): Promise<void> {
    await Promise.all(this.started.map((each) => each.end('SIGTERM')));
    await this.stopRecording();
    await this.client?.close();
    this.redis?.disconnect();
    await this.toPusher?.stop();
    await this.pusher?.stop();
    await this.stopStores();
    if (process.env.FAULTS_KEEP) console.log(`kept: ${this.dataDir}`);
    else await rm(this.dataDir, { recursive: true, force: true });
  }

  /** Resolves once all that has happened so far is in the file of the recorder. */
  async stopRecording(): Promise<void> {
    await Promise.all(this.recordings.splice(0).map((recording) => recording.stop()));
    await this.recorder?.close();
  }

  protected abstract startStores(): Promise<void>;

  protected abstract stopStores(): Promise<void>;

  protected abstract urls(): StoreUrls;

  protected async startServices(): Promise<void> {
    // One after the other: the first one makes the indexes.
    this.worker = await this.process('worker', 'worker');
    this.api = await this.process('api', 'api');
  }

  /** An api or a worker; `name` decides its port and log. */
  protected async process(app: 'api' | 'worker', name: string): Promise<ServiceProcess> {
    const port = this.ports.get(name) ?? (await freePort());
    this.ports.set(name, port);
    const started = new ServiceProcess({
      app,
      port,
      env: this.environment(),
      logFile: join(this.dataDir, `${name}.log`),
      onUnexpectedEnd: (what) => this.unexpectedEnds.push(what),
    });
    this.started.push(started);
    return started.start();
  }

  /** The variables of api, worker and operations. */
  environment(): NodeJS.ProcessEnv {
    return {
      ...this.urls().services,
      REDIS_PREFIX: prefix,
      JWT_SECRET: testSecret,
      LOG_LEVEL: process.env.FAULTS_LOG ?? 'fatal',
      DELIVERY_BACKOFF_MS: '100',
      SWEEP_INTERVAL_MS: '5000',
      SHUTDOWN_DELAY_MS: '0',
      ...this.pusher.env,
      PUSHER_PORT: String(this.toPusher.port),
      ...this.more,
    };
  }
}
