import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { testSecret, until } from './client.js';
import type { TestService } from './service.js';

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** What a process of the tests has of the variables of this one. */
export const inherited = {
  PATH: process.env.PATH,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
};

/** Has a process of the service judge its commands to MongoDB, see test/sharding. */
const watchedCommands = {
  TEST_COMMANDS_DIR: process.env.TEST_COMMANDS_DIR,
  NODE_OPTIONS: `--import ${new URL('sharding/recorder.mjs', import.meta.url).href}`,
};

/** The variables of a process on the stores of a test service. */
export function environmentOf({ config }: TestService): NodeJS.ProcessEnv {
  return {
    ...inherited,
    ...watchedCommands,
    MONGO_URL: config.mongo.url,
    REDIS_URL: config.redis.url,
    REDIS_PREFIX: config.redis.prefix,
    JWT_SECRET: testSecret,
    LOG_LEVEL: 'fatal',
    MESSAGING_URL: 'off',
    SHUTDOWN_DELAY_MS: '0',
  };
}

/** The built tree that a process runs from, and its Node; those of the tests if absent. */
export interface BuiltTree {
  cwd?: string;
  node?: string;
}

/** Runs an operation as an operator does; resolves to its exit code and what it printed. */
export function runOperation(service: TestService, ...args: string[]) {
  return runOperationIn({}, service, ...args);
}

/** The same, of another tree. */
export async function runOperationIn(
  { cwd, node = process.execPath }: BuiltTree,
  service: TestService,
  ...args: string[]
): Promise<{ code: number | null; lines: string[] }> {
  const child = spawn(node, ['bin/goalpost.mjs', ...args], {
    cwd,
    // What a worker needs, and no more.
    env: { ...environmentOf(service), JWT_SECRET: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const printed = await text(child.stdout);
  return { code: (await exit)[0], lines: printed.trim().split('\n') };
}

const bootWithinMs = 60_000;

/** With these a worker soon takes over the jobs of one that was killed. */
export const shortLocks = { JOB_LOCK_MS: '2000' };

/** An api or a worker as a process of its own, of the built code, on the stores of a test service, with which it ends. */
export class TestProcess {
  /** What it has printed. */
  readonly lines: string[] = [];

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {
    createInterface({ input: child.stdout! }).on('line', (line) => this.lines.push(line));
  }

  static async start(
    app: 'api' | 'worker',
    service: TestService,
    env: NodeJS.ProcessEnv = {},
    { cwd, node = process.execPath }: BuiltTree = {},
  ): Promise<TestProcess> {
    const port = await freePort();
    const child = spawn(node, [`dist/apps/${app}/src/main.js`], {
      cwd,
      // Nobody sends tokens to a worker.
      env: {
        ...environmentOf(service),
        ...(app === 'worker' && { JWT_SECRET: '' }),
        PORT: String(port),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const started = new TestProcess(child, `http://127.0.0.1:${port}`);
    service.beforeStop(() => started.end('SIGTERM'));
    let health: unknown;
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`the ${app} ended with ${child.exitCode}`);
      const answer = await fetch(`${started.url}/health/ready`).catch((error: unknown) => error);
      health = answer instanceof Response ? await answer.text() : answer;
      return answer instanceof Response && answer.ok;
    }, bootWithinMs).catch((error: unknown) => {
      throw new Error(
        `the ${app} is not ready, but ${String(health)}: ${started.lines.slice(-5).join(' ')}`,
        { cause: error },
      );
    });
    return started;
  }

  /** Sends a signal, unless it has ended already, and waits for the end; returns the exit code, null where the signal itself ended it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const exit = once(this.child, 'exit') as Promise<[number | null]>;
    this.child.kill(signal);
    return (await exit)[0];
  }
}
