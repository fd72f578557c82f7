import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Server, startMongod, startRedis } from '#local-stack';
import { testSecret } from '../client.js';
import { ServiceProcess } from '../faults/stage/service-process.js';
import { freePort } from '../process.js';
import { PusherSink } from '../pusher-sink.js';

/** What is fuzzed: an api and a worker of the built code, on stores and a Pusher of their own. */
export class FuzzStage {
  dataDir: string;
  private servers: Server[] = [];
  private pusher: PusherSink;
  private readonly processes: ServiceProcess[] = [];
  /** Processes that ended though nobody ended them. */
  readonly unexpectedEnds: string[] = [];
  url: string;

  async open(): Promise<void> {
    this.dataDir = await mkdtemp(join(tmpdir(), 'goalpost-fuzz-'));
    this.servers = [
      await startMongod({ dataDir: this.dataDir }),
      await startRedis({ dataDir: this.dataDir }),
    ];
    this.pusher = await PusherSink.start();
    // The worker first: it makes the indexes.
    await this.start('worker');
    this.url = (await this.start('api')).url;
  }

  private async start(app: 'api' | 'worker'): Promise<ServiceProcess> {
    const [mongod, redis] = this.servers;
    const started = new ServiceProcess({
      app,
      port: await freePort(),
      env: {
        MONGO_URL: mongod!.url,
        REDIS_URL: redis!.url,
        JWT_SECRET: testSecret,
        LOG_LEVEL: 'error',
        MESSAGING_URL: 'off',
        RATE_LIMIT: 'off',
        ...this.pusher.env,
      },
      logFile: join(this.dataDir, `${app}.log`),
      onUnexpectedEnd: (what) => this.unexpectedEnds.push(what),
    });
    this.processes.push(started);
    return started.start();
  }

  /** Ends everything; nothing is left. */
  async close(): Promise<void> {
    await Promise.all(this.processes.map((each) => each.end('SIGTERM')));
    await this.pusher?.stop();
    await Promise.all(this.servers.map((server) => server.stop()));
    if (this.dataDir) await rm(this.dataDir, { recursive: true, force: true });
  }
}
