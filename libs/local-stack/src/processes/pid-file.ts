import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processIdentity } from './identity.js';

interface Entry {
  pid: number;
  identity: string | undefined;
}

/** Where the data directory says which process plays this part. */
export function pidFile(dataDir: string, name: string): string {
  return join(dataDir, `${name}.pid`);
}

/** What a pid file holds about a process. */
export async function pidEntry(pid: number): Promise<string> {
  return JSON.stringify({ pid, identity: await processIdentity(pid) } satisfies Entry);
}

/** Notes which process plays this part. */
export async function writePidFile(dataDir: string, name: string, pid: number): Promise<void> {
  await writeFile(pidFile(dataDir, name), await pidEntry(pid));
}

/** Forgets who played this part. */
export async function removePidFile(dataDir: string, name: string): Promise<void> {
  await rm(pidFile(dataDir, name), { force: true });
}

/** The process that was noted and is alive still, or undefined; an unreadable note counts as none. */
export async function livingProcess(dataDir: string, name: string): Promise<number | undefined> {
  try {
    const entry = JSON.parse(await readFile(pidFile(dataDir, name), 'utf8')) as Entry;
    const isSame = entry.identity !== undefined && (await processIdentity(entry.pid)) === entry.identity;
    return isSame ? entry.pid : undefined;
  } catch {
    return undefined;
  }
}
