import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { removePidFile, writePidFile } from './pid-file.js';
import { LOOPBACK } from './ports.js';
import { until } from './until.js';

/** A process that was started and is ready. */
export interface Child {
  name: string;
  pid: number;
  /** Settles when the process has ended, with a few words on how. */
  ended: Promise<string>;
  /** Sends SIGTERM, then SIGKILL after a timeout, and resolves when the process has ended. */
  stop(): Promise<void>;
}

/** What to start, and how to tell that it is ready. */
export interface ChildOptions {
  name: string;
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  stdio: StdioOptions;
  dataDir: string;
  isReady: () => Promise<boolean>;
  readyWithinMs: number;
  stopWithinMs: number;
  signal?: AbortSignal;
  onSpawn?: (child: ChildProcess) => void;
  /** Adds to the error why it failed, such as the end of its log. */
  explain?: () => Promise<string>;
}

/** One of goalpost's own processes. */
export interface NodeProcessOptions {
  name: string;
  main: string;
  port: number;
  /** The path that answers 200 once the process is ready. */
  health?: string;
  /** Command line options of Node. */
  nodeOptions?: string[];
  env: NodeJS.ProcessEnv;
  dataDir: string;
  stopWithinMs: number;
  onLine: (line: string) => void;
  signal?: AbortSignal;
}

const NODE_READY_WITHIN_MS = 60_000;
const HEALTH_TIMEOUT_MS = 2_000;

/**
 * Starts a process and resolves when it is ready. It leads a process group of its own: Ctrl-C in the terminal reaches
 * only the parent, which decides in which order things stop.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, command, args, env, stdio, dataDir } = options;
  options.signal?.throwIfAborted();
  const child = spawn(command, args, { env, stdio, detached: true });
  const exit = once(child, 'exit');
  exit.catch(() => undefined);
  await once(child, 'spawn');
  const pid = child.pid!;
  await writePidFile(dataDir, name, pid);
  const ended = exit.then(async ([code, killedBy]) => {
    await removePidFile(dataDir, name);
    return killedBy ? `was killed by ${killedBy}` : `exited with code ${code}`;
  });
  const stop = async () => {
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), options.stopWithinMs);
    await ended;
    clearTimeout(kill);
  };
  options.onSpawn?.(child);
  try {
    await untilReady(options, ended);
  } catch (error) {
    await stop();
    const hint = (await options.explain?.()) ?? '';
    throw new Error(`${error instanceof Error ? error.message : String(error)}${hint}`, { cause: error });
  }
  return { name, pid, ended, stop };
}

/** Starts a main file with this same Node and resolves once its health endpoint says that it is ready. */
export function startNodeProcess(options: NodeProcessOptions): Promise<Child> {
  const { main, port, health = '/health/ready', nodeOptions = [], env, onLine, ...rest } = options;
  const relayOutput = ({ stdout, stderr }: ChildProcess) => {
    for (const input of [stdout!, stderr!]) {
      createInterface({ input }).on('line', (line) => onLine(`${rest.name.padEnd(6)} | ${line}`));
    }
  };
  return startChild({
    ...rest,
    command: process.execPath,
    args: [...nodeOptions, '--enable-source-maps', main],
    env: { ...env, HOST: LOOPBACK, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
    isReady: () => isHealthy(`http://${LOOPBACK}:${port}${health}`),
    readyWithinMs: NODE_READY_WITHIN_MS,
    onSpawn: relayOutput,
  });
}

async function untilReady(options: ChildOptions, ended: Promise<string>): Promise<void> {
  const { name, signal, isReady, readyWithinMs } = options;
  const ending = new AbortController();
  const endedEarly = ended.then((how) => {
    ending.abort();
    throw new Error(`the ${name} ${how} before it was ready`);
  });
  const waiting = {
    what: `the ${name} to be ready`,
    withinMs: readyWithinMs,
    signal: signal ? AbortSignal.any([signal, ending.signal]) : ending.signal,
  };
  await Promise.race([endedEarly, until(isReady, waiting)]);
}

async function isHealthy(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) });
  await response.body?.cancel();
  return response.status === 200;
}
