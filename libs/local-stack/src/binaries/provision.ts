import { cached, keepInCache } from './cache.js';
import { runCommand } from './command.js';
import { findOnPath } from './executable.js';
import type { Binary, BinarySource, Provisioning } from './source.js';

const TICK_MS = 3_000;

async function download(
  title: string,
  source: BinarySource,
  { onLog, signal }: Provisioning,
): Promise<string> {
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  onLog?.(`${title}: downloading from ${source.title} (once, then kept)`);
  const ticker = setInterval(() => onLog?.(`${title}: still downloading (${seconds()} s)`), TICK_MS);
  try {
    return await keepInCache(source.cacheName, async (dir) => {
      const program = await source.download(dir, signal);
      // A program that this system cannot run (its libraries are missing, say) must not get into the cache.
      await runCommand(program, ['--version'], signal);
      return program;
    });
  } finally {
    clearInterval(ticker);
  }
}

async function firstCached(sources: BinarySource[]): Promise<string | undefined> {
  for (const source of sources) {
    const path = await cached(source.cacheName);
    if (path) return path;
  }
  return undefined;
}

/** The path of a server program: on PATH, else cached, else from the first source that has it. */
export async function provision(binary: Binary, provisioning: Provisioning = {}): Promise<string> {
  const { title, namesOnPath, variable, sources } = binary;
  const found = (await findOnPath(namesOnPath)) ?? (await firstCached(sources));
  if (found) return found;
  const failures = [
    `PATH: has no ${namesOnPath.join(' or ')}; install one${variable ? `, or set ${variable} to a running server` : ''}`,
  ];
  for (const source of sources) {
    try {
      return await download(title, source, provisioning);
    } catch (error) {
      provisioning.signal?.throwIfAborted();
      const why = error instanceof Error ? error.message : String(error);
      provisioning.onLog?.(`${title}: not from ${source.title}: ${why.split('\n')[0]}`);
      failures.push(`${source.title}: ${why}; ${source.remedy}`);
    }
  }
  throw new Error(`no ${title} to be had:\n${failures.map((line) => `  - ${line}`).join('\n')}`);
}
