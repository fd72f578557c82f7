import {
  claimDataDir,
  localJwtSecret,
  localPusherKeys,
  prepareDataDir,
  runningStores,
  type StoreUrls,
  writeStores,
} from './data-dir.js';
import {
  createDemoSession,
  demoFile,
  demoTokens,
  instructions,
  removeDemoFile,
  writeDemoFile,
} from './demo.js';
import { type NodeProcessOptions, startNodeProcess } from './processes/child.js';
import { stopLeftovers } from './processes/pid-file.js';
import { freePort, isPortFree, LOOPBACK } from './processes/ports.js';
import { startMongod } from './servers/mongod.js';
import { startRedis } from './servers/redis.js';
import type { Server } from './servers/server.js';
import { readSettings, type Settings } from './settings.js';
import { Stack, STOP_ORDER, STOP_REQUESTED } from './stack.js';

/** The main files of goalpost's processes. */
export interface Mains {
  api: string;
  worker: string;
  pusher: string;
}

/**
 * Throws if goalpost cannot be configured by what its processes will have; returns a sentence for each variable among the given
 * ones that is to be warned about.
 */
export type CheckConfiguration = (given: NodeJS.ProcessEnv, completed: NodeJS.ProcessEnv) => string[];

const KILLED = 130;
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
// Together with the servers' own timeouts these stay below the ten seconds that a stop may take.
const STOP_API_WITHIN_MS = 2_000;
const STOP_WORKER_WITHIN_MS = 2_300;
const STOP_PUSHER_WITHIN_MS = 1_500;

/**
 * Runs the whole of goalpost on this machine until it is asked to stop or a part of it ends.
 * The configuration is checked before any server is started. A second request to stop kills everything that is left.
 * @returns the exit code: 0 after a requested stop, 1 after anything else.
 */
export async function runLocalStack(mains: Mains, check: CheckConfiguration): Promise<number> {
  const stack = new Stack();
  const stop = () => stack.halt(STOP_REQUESTED);
  const onSignal = (signal: NodeJS.Signals) => {
    if (!stack.halted.aborted) return stop();
    if (signal !== 'SIGINT') return;
    console.error('goalpost: stopped at once, without waiting for what was running');
    stack.kill();
    process.exit(KILLED);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  // The channel to the launcher closes when the launcher is killed; nobody would be left to request a stop.
  process.once('disconnect', stop);
  await run(stack, mains, check).catch((error: unknown) => stack.halt(error));
  const { reason } = stack.halted;
  if (reason === STOP_REQUESTED) return 0;
  console.error(`goalpost: ${reason instanceof Error ? reason.message : String(reason)}`);
  return 1;
}

/** The stores of the start that runs on DATA_DIR; throws an error that says what to do if none does. */
export function localStores(env: NodeJS.ProcessEnv): Promise<StoreUrls> {
  return runningStores(readSettings(env).dataDir);
}

async function run(stack: Stack, mains: Mains, check: CheckConfiguration): Promise<void> {
  const settings = readSettings(process.env);
  for (const warning of check(process.env, withPlaceholders(settings))) console.error(`goalpost: ${warning}`);
  await prepareDataDir(settings.dataDir);
  const release = await claimDataDir(settings.dataDir);
  try {
    await new Startup(stack, mains, settings).run();
    await stack.untilHalted();
  } catch (error) {
    stack.halt(error);
  } finally {
    if (stack.halted.reason === STOP_REQUESTED) console.log('stopping');
    await stack.stop();
    await release();
  }
}

/** What the processes will have, as far as it is known before their servers run. */
function withPlaceholders({ mongoUrl, redisUrl, jwtSecret, pusherAppId }: Settings): NodeJS.ProcessEnv {
  return {
    ...process.env,
    MONGO_URL: mongoUrl || `mongodb://${LOOPBACK}/goalpost`,
    REDIS_URL: redisUrl || `redis://${LOOPBACK}`,
    JWT_SECRET: jwtSecret || 'one-is-made-for-the-data-directory',
    ...(!pusherAppId && { PUSHER_APP_ID: 'local', PUSHER_KEY: 'local', PUSHER_SECRET: 'local' }),
    NODE_ENV: 'development',
  };
}

/** Starts everything in order; each step gives up when the stack halts. */
class Startup {
  private readonly log = (line: string) => console.log(line);
  private readonly dataDir: string;

  constructor(
    private readonly stack: Stack,
    private readonly mains: Mains,
    private readonly settings: Settings,
  ) {
    this.dataDir = settings.dataDir;
  }

  async run(): Promise<void> {
    const { port, jwtSecret } = this.settings;
    await stopLeftovers(this.dataDir, STOP_ORDER, this.log);
    if (!(await isPortFree(port))) {
      throw new Error(`port ${port} is taken; set PORT to a free one, as in PORT=${port + 1} npm start`);
    }
    const secret = jwtSecret || (await localJwtSecret(this.dataDir));
    const stores = await this.startStores();
    await writeStores(this.dataDir, stores);
    const pusher = await this.startPusher();
    await removeDemoFile(this.dataDir);
    await this.startApiAndWorker({
      ...process.env,
      ...stores,
      ...pusher,
      JWT_SECRET: secret,
      // Nobody has to be sent elsewhere.
      SHUTDOWN_DELAY_MS: '0',
      // Everything listens on loopback alone, so the demo may hand out its tokens.
      NODE_ENV: 'development',
      DEMO_FILE: demoFile(this.dataDir),
      // The local tokens have an issuer of their own and no audience.
      JWT_ISSUER: '',
      JWT_AUDIENCE: '',
    });
    const url = `http://${LOOPBACK}:${port}`;
    const tokens = await demoTokens(secret.split(',')[0]!);
    const session = await createDemoSession(url, tokens.streamer, this.stack.halted);
    await writeDemoFile(this.dataDir, session, tokens);
    this.log(instructions({ url, tokens, session, stores }));
  }

  /** Starts the servers that the environment does not name. */
  private async startStores(): Promise<StoreUrls> {
    const { mongoUrl, redisUrl } = this.settings;
    const options = { dataDir: this.dataDir, onLog: this.log, signal: this.stack.halted };
    const starts: Promise<Server>[] = [];
    if (!mongoUrl) starts.push(startMongod(options));
    if (!redisUrl) starts.push(startRedis(options));
    const servers = await this.stack.startTogether(...starts);
    for (const { name, pid, port } of servers) this.log(`${name} runs on port ${port} (pid ${pid})`);
    const urlOf = (name: string) => servers.find((server) => server.name === name)?.url ?? '';
    return { MONGO_URL: mongoUrl || urlOf('mongod'), REDIS_URL: redisUrl || urlOf('redis') };
  }

  /** Starts a Pusher server unless the environment names one; returns the variables that lead to it. */
  private async startPusher(): Promise<NodeJS.ProcessEnv> {
    if (this.settings.pusherAppId) return {};
    const { key, secret } = await localPusherKeys(this.dataDir);
    const app = { PUSHER_APP_ID: 'goalpost-local', PUSHER_KEY: key, PUSHER_SECRET: secret };
    const port = await freePort();
    const env = { ...process.env, ...app };
    await this.startProcesses({
      name: 'pusher',
      port,
      env,
      health: '/health',
      stopWithinMs: STOP_PUSHER_WITHIN_MS,
    });
    return { ...app, PUSHER_HOST: LOOPBACK, PUSHER_PORT: String(port), PUSHER_USE_TLS: 'false' };
  }

  private async startApiAndWorker(env: NodeJS.ProcessEnv): Promise<void> {
    const { port, nodeOptions } = this.settings;
    const workerPort = await freePort();
    await this.startProcesses(
      {
        name: 'worker',
        port: workerPort,
        env,
        nodeOptions: nodeOptions.worker,
        stopWithinMs: STOP_WORKER_WITHIN_MS,
      },
      { name: 'api', port, env, nodeOptions: nodeOptions.api, stopWithinMs: STOP_API_WITHIN_MS },
    );
  }

  private async startProcesses(
    ...processes: (Omit<NodeProcessOptions, 'main' | 'dataDir' | 'onLine' | 'signal'> & {
      name: keyof Mains;
    })[]
  ): Promise<void> {
    const { dataDir, log: onLine, stack, mains } = this;
    const starts = processes.map((options) =>
      startNodeProcess({ ...options, main: mains[options.name], dataDir, onLine, signal: stack.halted }),
    );
    for (const { name, pid } of await stack.startTogether(...starts)) onLine(`${name} is ready (pid ${pid})`);
  }
}
