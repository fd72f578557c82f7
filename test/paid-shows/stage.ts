import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMongod, startRedis } from '#local-stack';
import { mongo } from 'mongoose';
import { testSecret } from '../client.js';
import { ServiceProcess } from '../faults/stage/service-process.js';
import { Store } from '../faults/stage/store.js';
import { freePort } from '../process.js';
import { PusherSink } from '../pusher-sink.js';

/** Two apis and two workers as processes of the built code, on stores of their own, and a sink in place of Pusher. */
export class Stage {
  readonly apis: ServiceProcess[] = [];
  readonly workers: ServiceProcess[] = [];
  /** Processes that ended though nobody ended them. */
  readonly unexpectedEnds: string[] = [];
  pusher: PusherSink;
  db: mongo.Db;
  private dataDir: string;
  private mongod: Store;
  private redis: Store;
  private client: mongo.MongoClient;

  async open(): Promise<void> {
    this.dataDir = await mkdtemp(join(tmpdir(), 'goalpost-shows-'));
    this.mongod = await Store.start(startMongod, this.dataDir);
    this.redis = await Store.start(startRedis, this.dataDir);
    this.pusher = await PusherSink.start();
    this.client = await mongo.MongoClient.connect(this.mongod.url);
    this.db = this.client.db();
    // One after the other: the first one makes the indexes.
    for (const app of ['worker', 'worker', 'api', 'api'] as const) {
      const processes = app === 'api' ? this.apis : this.workers;
      processes.push(await this.process(app, `${app}-${processes.length}`));
    }
  }

  /** Kills a process as a crash does; resolves once it is gone and another one is starting in its place. */
  async crash(process: ServiceProcess): Promise<{ restarted: Promise<unknown> }> {
    await process.end('SIGKILL');
    return { restarted: process.start() };
  }

  /** Ends everything and leaves nothing behind. */
  async close(): Promise<void> {
    await Promise.all([...this.apis, ...this.workers].map((each) => each.end('SIGTERM')));
    await this.client?.close();
    await this.pusher?.stop();
    await Promise.all([this.mongod?.stop(), this.redis?.stop()]);
    if (process.env.SHOWS_KEEP) console.log(`kept: ${this.dataDir}`);
    else await rm(this.dataDir, { recursive: true, force: true });
  }

  private async process(app: 'api' | 'worker', name: string): Promise<ServiceProcess> {
    return new ServiceProcess({
      app,
      port: await freePort(),
      env: {
        MONGO_URL: this.mongod.url,
        REDIS_URL: this.redis.url,
        REDIS_PREFIX: 'shows',
        JWT_SECRET: testSecret,
        LOG_LEVEL: process.env.SHOWS_LOG ?? 'fatal',
        MESSAGING_URL: 'off',
        RATE_LIMIT: 'off',
        SHUTDOWN_DELAY_MS: '0',
        JOB_LOCK_MS: '4000',
        SWEEP_INTERVAL_MS: '5000',
        DELIVERY_BACKOFF_MS: '100',
        ...this.pusher.env,
      },
      logFile: join(this.dataDir, `${name}.log`),
      onUnexpectedEnd: (what) => this.unexpectedEnds.push(what),
    }).start();
  }
}
