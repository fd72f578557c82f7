import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startChild, type Child } from '../processes/child.js';
import { freePort } from '../processes/ports.js';

/** What a caller may choose about a server of the local stack. */
export interface ServerOptions {
  /** Holds the server's data, log and pid file. */
  dataDir: string;
  port?: number;
  onLog?: (line: string) => void;
  signal?: AbortSignal;
}

/** A running server that accepts clients at `url`. */
export interface Server extends Child {
  url: string;
  port: number;
}

/** What differs from one kind of server to the next. */
export interface ServerKind {
  name: string;
  command: string;
  args: (dir: string, port: number) => string[];
  url: (port: number) => string;
  isReady: (port: number) => Promise<boolean>;
  stopWithinMs: number;
}

const READY_WITHIN_MS = 60_000;
const LOG_TAIL_LINES = 5;

/** Runs a server as a child process on its part of the data directory, with its output in a log file. */
export async function startServer(kind: ServerKind, options: ServerOptions): Promise<Server> {
  const { name, command, stopWithinMs } = kind;
  const { dataDir, signal, port = await freePort() } = options;
  const dir = join(dataDir, name);
  await mkdir(dir, { recursive: true });
  const logFile = join(dataDir, `${name}.log`);
  // Each start overwrites the log, so that it does not grow for ever.
  const log = await open(logFile, 'w');
  try {
    const child = await startChild({
      name,
      command,
      args: kind.args(dir, port),
      stdio: ['ignore', log.fd, log.fd],
      dataDir,
      isReady: () => kind.isReady(port),
      readyWithinMs: READY_WITHIN_MS,
      stopWithinMs,
      signal,
      explain: () => tail(logFile),
    });
    return { ...child, port, url: kind.url(port) };
  } finally {
    await log.close();
  }
}

/** Formats settings as command line flags; `true` makes a flag without a value, a list a repeated flag. */
export function flags(settings: Record<string, string | number | true | string[]>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    if (value === true) return [`--${name}`];
    return [value].flat().flatMap((one) => [`--${name}`, String(one)]);
  });
}

async function tail(path: string): Promise<string> {
  const lines = (await readFile(path, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-LOG_TAIL_LINES);
  return `\n  the end of ${path}:\n${lines.map((line) => `    ${line}`).join('\n')}`;
}
