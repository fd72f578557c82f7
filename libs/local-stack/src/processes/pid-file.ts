import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './until.js';

const run = promisify(execFile);
const STOP_WITHIN_MS = 8_000;
/** The position of the start time among the fields that follow the name in /proc/<pid>/stat. */
const START_TIME = 19;

interface PidEntry {
  pid: number;
  identity: string | undefined;
}

/** The file that holds the pid of the process with this name. */
export function pidFile(dataDir: string, name: string): string {
  return join(dataDir, `${name}.pid`);
}

/** The content of a pid file. */
export async function pidEntry(pid: number): Promise<string> {
  return JSON.stringify({ pid, identity: await processIdentity(pid) } satisfies PidEntry);
}

/** Stores the pid of the process with this name. */
export async function writePidFile(dataDir: string, name: string, pid: number): Promise<void> {
  await writeFile(pidFile(dataDir, name), await pidEntry(pid));
}

/** Removes the pid file, if there is one. */
export async function removePidFile(dataDir: string, name: string): Promise<void> {
  await rm(pidFile(dataDir, name), { force: true });
}

/** The pid of the stored process if it is still alive; an unreadable file counts as none. */
export async function livingProcess(dataDir: string, name: string): Promise<number | undefined> {
  try {
    const entry = JSON.parse(await readFile(pidFile(dataDir, name), 'utf8')) as PidEntry;
    const isSame = entry.identity !== undefined && (await processIdentity(entry.pid)) === entry.identity;
    return isSame ? entry.pid : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Stops, in this order, the processes that an earlier start on the same data directory left running when it was killed.
 * Two servers on one data directory would destroy it.
 */
export async function stopLeftovers(
  dataDir: string,
  names: readonly string[],
  onLog: (line: string) => void,
): Promise<void> {
  for (const name of names) {
    const pid = await livingProcess(dataDir, name);
    if (pid !== undefined) {
      onLog(`stopping the ${name} that an earlier start left running (pid ${pid})`);
      await stopLeftover(dataDir, name, pid);
    }
    await removePidFile(dataDir, name);
  }
}

async function stopLeftover(dataDir: string, name: string, pid: number): Promise<void> {
  const isGone = async () => (await livingProcess(dataDir, name)) === undefined;
  const waiting = { what: `the leftover ${name} (pid ${pid}) to stop`, withinMs: STOP_WITHIN_MS };
  process.kill(pid, 'SIGTERM');
  try {
    await until(isGone, waiting);
  } catch {
    process.kill(pid, 'SIGKILL');
    await until(isGone, waiting);
  }
}

/**
 * The start time of the process with this pid, or undefined if there is none. A pid alone proves nothing: after the end
 * of a process the system gives it to another, which must not be stopped.
 */
async function processIdentity(pid: number): Promise<string | undefined> {
  try {
    if (process.platform !== 'linux') {
      const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)]);
      return stdout.trim() || undefined;
    }
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const isZombie = fields[0] === 'Z';
    return isZombie ? undefined : `${boot.trim()} ${fields[START_TIME]}`;
  } catch {
    return undefined;
  }
}
