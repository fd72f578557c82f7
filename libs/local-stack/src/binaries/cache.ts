import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isExecutable } from './executable.js';

/** Where downloaded servers are kept between runs; all clones of one user share them. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const root = env.GOALPOST_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'goalpost');
  return join(root, `${process.platform}-${process.arch}`);
}

/** The cached file of this name, or undefined when it is not there yet. */
export async function cached(name: string): Promise<string | undefined> {
  const path = join(cacheDir(), name);
  return (await isExecutable(path)) ? path : undefined;
}

/**
 * Lets `produce` make a program in a directory of its own and moves it into the cache in one step, so that
 * runs at the same time neither see half a file nor disturb each other.
 */
export async function keepInCache(name: string, produce: (dir: string) => Promise<string>): Promise<string> {
  await mkdir(cacheDir(), { recursive: true });
  const workDir = await mkdtemp(join(cacheDir(), 'download-'));
  try {
    const made = await produce(workDir);
    await chmod(made, 0o755);
    const path = join(cacheDir(), name);
    await rename(made, path);
    return path;
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}
