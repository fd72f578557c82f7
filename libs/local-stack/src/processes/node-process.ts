import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { startChild, type Child } from './child.js';
import { LOOPBACK } from './ports.js';

/** One of the product's own processes, and where it answers for its health. */
export interface NodeProcessOptions {
  name: string;
  main: string;
  port: number;
  /** Path that answers 200 once it is ready. */
  health?: string;
  /** Options of Node itself. */
  nodeOptions?: string[];
  env: NodeJS.ProcessEnv;
  dataDir: string;
  stopWithinMs: number;
  onLine: (line: string) => void;
  signal?: AbortSignal;
}

const READY_WITHIN_MS = 60_000;
const ANSWER_WITHIN_MS = 2_000;

async function answersReady(port: number, health: string): Promise<boolean> {
  const answer = await fetch(`http://${LOOPBACK}:${port}${health}`, {
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  await answer.body?.cancel();
  return answer.status === 200;
}

/** Starts a main file under this same Node and answers once its health endpoint says ready. */
export function startNodeProcess(options: NodeProcessOptions): Promise<Child> {
  const {
    name,
    main,
    port,
    health = '/health/ready',
    nodeOptions = [],
    env,
    dataDir,
    stopWithinMs,
    onLine,
    signal,
  } = options;
  const relay = (child: ChildProcess) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream)
        createInterface({ input: stream }).on('line', (line) => onLine(`${name.padEnd(6)} | ${line}`));
    }
  };
  return startChild({
    name,
    command: process.execPath,
    args: [...nodeOptions, '--enable-source-maps', main],
    env: { ...env, HOST: LOOPBACK, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
    dataDir,
    isReady: () => answersReady(port, health),
    readyWithinMs: READY_WITHIN_MS,
    stopWithinMs,
    signal,
    onSpawn: relay,
  });
}
