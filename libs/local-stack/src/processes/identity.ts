import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where the start time stands among the fields that follow the name in Linux's stat line. */
const START_TIME = 19;

async function onLinux(pid: number): Promise<string | undefined> {
  const [stat, boot] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
  ]);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const isZombie = fields[0] === 'Z';
  return isZombie ? undefined : `${boot.trim()} ${fields[START_TIME]}`;
}

async function elsewhere(pid: number): Promise<string | undefined> {
  const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)]);
  return stdout.trim() || undefined;
}

/**
 * When the process of this number was started, as an opaque word, or undefined when there is none. A number
 * alone is no proof: it may since have gone to a stranger, whom nobody here may stop.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  try {
    return await (process.platform === 'linux' ? onLinux(pid) : elsewhere(pid));
  } catch {
    return undefined;
  }
}
