import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { removePidFile, writePidFile } from './pid-file.js';
import { until } from './until.js';

/** A process that was started and is ready. */
export interface Child {
  name: string;
  pid: number;
  /** Settles when the process is gone, with a few words on how it went. */
  ended: Promise<string>;
  /** Asks it to stop, kills it after a bound, and answers when it is gone. */
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
  /** Words on why it failed, such as the end of its log. */
  explain?: () => Promise<string>;
}

function stopper(child: ChildProcess, ended: Promise<string>, withinMs: number): () => Promise<void> {
  return async () => {
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), withinMs);
    await ended;
    clearTimeout(kill);
  };
}

async function untilReady(options: ChildOptions, ended: Promise<string>): Promise<void> {
  const { name, signal, isReady, readyWithinMs } = options;
  const death = new AbortController();
  const early = ended.then((how) => {
    death.abort();
    throw new Error(`the ${name} ${how} before it was ready`);
  });
  const waiting = {
    what: `the ${name} to be ready`,
    withinMs: readyWithinMs,
    signal: signal ? AbortSignal.any([signal, death.signal]) : death.signal,
  };
  await Promise.race([early, until(isReady, waiting)]);
}

/**
 * Starts a process and answers when it is ready. It leads a process group of its own, so that a Ctrl-C in the
 * terminal reaches the parent alone and the parent decides in which order things stop.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, command, args, env, stdio, dataDir } = options;
  options.signal?.throwIfAborted();
  const child = spawn(command, args, { env, stdio, detached: true });
  const gone = once(child, 'exit');
  gone.catch(() => undefined);
  await once(child, 'spawn');
  const pid = child.pid!;
  await writePidFile(dataDir, name, pid);
  const ended = gone.then(async ([code, killedBy]) => {
    await removePidFile(dataDir, name);
    return killedBy ? `was killed by ${killedBy}` : `exited with code ${code}`;
  });
  const stop = stopper(child, ended, options.stopWithinMs);
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
