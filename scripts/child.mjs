import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** A Ctrl-C reaches this process from the terminal, and within this time once more from npm. */
const SAME_SIGNAL_MS = 400;
const LOOK_EVERY_MS = 250;

const parent = process.ppid;

let stoppedBy;

/** The exit code of a launcher that was asked to stop while it prepared something; undefined if it was not asked. */
export function stopCode() {
  return stoppedBy && 128 + constants.signals[stoppedBy];
}

/** Calls back when npm's shell has ended: a SIGTERM ends it, and it passes none on. */
function whenNpmEnds(callback) {
  if (!process.env.npm_lifecycle_event) return undefined;
  return setInterval(() => {
    if (process.ppid !== parent) callback('SIGTERM');
  }, LOOK_EVERY_MS);
}

/**
 * Runs a program and resolves to its exit code. It gets a process group of its own: a Ctrl-C reaches this process
 * from the terminal and once more from npm, and the child must get exactly one signal. A second Ctrl-C is passed on, too.
 */
export async function runChild(command, args, { channel = false, env = process.env } = {}) {
  const stdio = ['ignore', 'inherit', 'inherit', ...(channel ? ['ipc'] : [])];
  const child = spawn(command, args, { stdio, env, detached: true });
  let signalledAt = -Infinity;
  const signalChild = (signal) => {
    const now = performance.now();
    const isFurther = signal === 'SIGINT' && now - signalledAt > SAME_SIGNAL_MS;
    if (!stoppedBy || isFurther) child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
    signalledAt = now;
    stoppedBy ??= signal;
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
