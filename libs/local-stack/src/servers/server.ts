import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startChild, type Child } from '../processes/child.js';
import { logTail, openLog } from './server-log.js';

/** What a caller may choose about a server of the local stack. */
export interface ServerOptions {
  /** Holds the server's data, log and pid file. */
  dataDir: string;
  port?: number;
  onLog?: (line: string) => void;
  signal?: AbortSignal;
}

/** A server that runs and takes clients at `url`. */
export interface Server extends Child {
  url: string;
  port: number;
}

/** What tells one kind of server from another. */
export interface ServerKind {
  name: string;
  command: string;
  args: (dir: string) => string[];
  isReady: () => Promise<boolean>;
  stopWithinMs: number;
}

const READY_WITHIN_MS = 60_000;

/** Runs a server as a plain child process on its part of the data directory, its output in a log file. */
export async function startServer(kind: ServerKind, options: ServerOptions): Promise<Child> {
  const { name, command, isReady, stopWithinMs } = kind;
  const { dataDir, signal } = options;
  const dir = join(dataDir, name);
  await mkdir(dir, { recursive: true });
  const log = await openLog(dataDir, name);
  try {
    return await startChild({
      name,
      command,
      args: kind.args(dir),
      stdio: ['ignore', log.fd, log.fd],
      dataDir,
      isReady,
      readyWithinMs: READY_WITHIN_MS,
      stopWithinMs,
      signal,
      explain: () => logTail(dataDir, name),
    });
  } finally {
    await log.close();
  }
}
