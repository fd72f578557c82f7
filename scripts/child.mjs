import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const LOOK_EVERY_MS = 250;

const parent = process.ppid;

/** Calls back when npm's shell has ended: a SIGTERM ends it, and it passes none on. */
function whenNpmEnds(callback) {
  if (!process.env.npm_lifecycle_event) return undefined;
  return setInterval(() => {
    if (process.ppid !== parent) callback('SIGTERM');
  }, LOOK_EVERY_MS);
}

/**
 * Runs a program and resolves to its exit code. It gets a process group of its own: a Ctrl-C reaches this process
 * from the terminal and once more from npm, and the child must get exactly one signal.
 */
export async function runChild(command, args, { channel = false, env = process.env } = {}) {
  const stdio = ['ignore', 'inherit', 'inherit', ...(channel ? ['ipc'] : [])];
  const child = spawn(command, args, { stdio, env, detached: true });
  let isSignalled = false;
  const signalChild = (signal) => {
    if (!isSignalled) child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
    isSignalled = true;
  };
  for (const signal of SIGNALS) process.on(signal, signalChild);
  const watch = whenNpmEnds(signalChild);
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
    });
  } finally {
    clearInterval(watch);
    for (const signal of SIGNALS) process.off(signal, signalChild);
  }
}
