import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const LOOK_EVERY_MS = 250;

const parent = process.ppid;

/** Calls back when npm's shell is gone: it dies of a SIGTERM without passing it on. */
function whenNpmIsGone(callback) {
  if (!process.env.npm_lifecycle_event) return undefined;
  return setInterval(() => {
    if (process.ppid !== parent) callback('SIGTERM');
  }, LOOK_EVERY_MS);
}

/**
 * Runs a program to its end and answers its exit code. It leads a process group of its own: a Ctrl-C reaches
 * this process from the terminal and once more from npm, and the child must get exactly one signal.
 */
export async function runChild(command, args, { channel = false, env = process.env } = {}) {
  const stdio = ['ignore', 'inherit', 'inherit', ...(channel ? ['ipc'] : [])];
  const child = spawn(command, args, { stdio, env, detached: true });
  let isTold = false;
  const tell = (signal) => {
    if (!isTold) child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
    isTold = true;
  };
  for (const signal of SIGNALS) process.on(signal, tell);
  const watch = whenNpmIsGone(tell);
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
    });
  } finally {
    clearInterval(watch);
    for (const signal of SIGNALS) process.off(signal, tell);
  }
}
