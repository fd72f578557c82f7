import { open, readFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

const TAIL_LINES = 5;

/** The log file of a server, begun afresh at each start so that it does not grow for ever. */
export async function openLog(dataDir: string, name: string): Promise<FileHandle> {
  return open(logPath(dataDir, name), 'w');
}

/** The last lines of a server's log, as a tail for an error message. */
export async function logTail(dataDir: string, name: string): Promise<string> {
  const path = logPath(dataDir, name);
  const lines = (await readFile(path, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-TAIL_LINES);
  return `\n  the end of ${path}:\n${lines.map((line) => `    ${line}`).join('\n')}`;
}

function logPath(dataDir: string, name: string): string {
  return join(dataDir, `${name}.log`);
}
