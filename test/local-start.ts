import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { inherited } from './process.js';

const MAIN = 'dist/apps/local/src/main.js';
const UP_WITHIN_MS = 60_000;

/** An `npm start` under test, without npm. */
export interface LocalStart {
  process: ChildProcess;
  output: () => string;
  exited: Promise<number | null>;
}

/** Starts the local stack of the built code. */
export function startLocal(env: Record<string, string>): LocalStart {
  const { HOME, GOALPOST_CACHE, XDG_CACHE_HOME } = process.env;
  const child = spawn(process.execPath, [MAIN], {
    env: { ...inherited, HOME, GOALPOST_CACHE, XDG_CACHE_HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return { process: child, output: () => output, exited };
}

/** Waits for the page of instructions that a start ends with. */
export async function untilUp({ output, process: child }: LocalStart): Promise<void> {
  for (const giveUpAt = Date.now() + UP_WITHIN_MS; !output().includes('curl -s'); await delay(100)) {
    if (child.exitCode !== null || Date.now() > giveUpAt) throw new Error(`it did not come up:\n${output()}`);
  }
}
