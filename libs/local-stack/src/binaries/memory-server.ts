import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BinarySource } from './source.js';

/** The one thing asked of the package: a path to a mongod that it downloaded. */
interface MemoryServerPackage {
  MongoBinary: { getPath(options: { downloadDir: string; checkMD5: boolean }): Promise<string> };
}

const PACKAGE: string = 'mongodb-memory-server-core';
const FIRST_BYTES_WITHIN_MS = 10_000;

async function load(): Promise<MemoryServerPackage> {
  try {
    return (await import(PACKAGE)) as MemoryServerPackage;
  } catch (error) {
    throw new Error(`the package ${PACKAGE} is not installed`, { cause: error });
  }
}

async function nothingArrives(dir: string): Promise<never> {
  let files: string[] = [];
  do {
    await delay(FIRST_BYTES_WITHIN_MS, undefined, { ref: false });
    files = await readdir(dir).catch(() => []);
  } while (files.some((file) => file.includes('mongo')));
  throw new Error(`its download has not begun after ${FIRST_BYTES_WITHIN_MS / 1000} s`);
}

/**
 * mongodb-memory-server's download of an official mongod. Only its download serves here: its servers do not come
 * back on a data directory that is kept.
 */
export function fromMemoryServer(): BinarySource {
  return {
    title: PACKAGE,
    remedy: 'it needs an internet connection that reaches its download server',
    cacheName: 'mongod-official',
    async download(dir) {
      const { MongoBinary } = await load();
      // A refused download must not hold up the next source: one try, and the package waits between tries.
      process.env.MONGOMS_MAX_RETRIES ??= '1';
      const path = await Promise.race([
        MongoBinary.getPath({ downloadDir: dir, checkMD5: true }),
        nothingArrives(dir),
      ]);
      const program = join(dir, 'mongod');
      await copyFile(path, program);
      return program;
    },
  };
}
