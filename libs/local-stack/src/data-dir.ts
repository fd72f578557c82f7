import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { livingProcess, pidEntry, pidFile, removePidFile } from './processes/pid-file.js';

const CLAIM = 'start';
const CLAIM_TRIES = 5;
/** Longer than a local disk takes; a file system that hangs does not answer at all. */
const DISK_WITHIN_MS = 10_000;
const SECRET_BYTES = 48;
const KEY_BYTES = 12;

/**
 * Makes the data directory if it is missing. Throws an error that says why it cannot be used: it is a file, nobody may write
 * there, or its file system does not answer.
 */
export async function prepareDataDir(dataDir: string): Promise<void> {
  const noAnswer = setTimeout(DISK_WITHIN_MS, `its file system does not answer`, { ref: false });
  const why = await Promise.race([noAnswer, whyUnusable(dataDir)]);
  if (why) throw new Error(`DATA_DIR ${dataDir} cannot be used: ${why}; set DATA_DIR to another directory`);
}

/**
 * Claims the data directory for this process alone and returns a function that releases it. If the owner of an earlier
 * claim was killed, the claim is taken over; if it is alive, this throws an error that names it.
 */
export async function claimDataDir(dataDir: string): Promise<() => Promise<void>> {
  for (let tries = 1; !(await tryClaim(dataDir)); tries++) {
    const owner = await livingProcess(dataDir, CLAIM);
    if (owner !== undefined) {
      throw new Error(
        `${dataDir} is in use by another npm start (pid ${owner}); stop that one, or set DATA_DIR to another directory`,
      );
    }
    if (tries === CLAIM_TRIES)
      throw new Error(
        `${pidFile(dataDir, CLAIM)} cannot be replaced; remove it, or set DATA_DIR to another directory`,
      );
    await removePidFile(dataDir, CLAIM);
  }
  return () => removePidFile(dataDir, CLAIM);
}

/** The secret that signs the local tokens, kept so that old tokens stay valid. */
export function localJwtSecret(dataDir: string): Promise<string> {
  return storedSecret(dataDir, 'jwt-secret', SECRET_BYTES);
}

/** Key and secret of the local Pusher app, kept so that earlier signatures and encrypted payloads stay valid. */
export async function localPusherKeys(dataDir: string): Promise<{ key: string; secret: string }> {
  return {
    key: await storedSecret(dataDir, 'pusher-key', KEY_BYTES),
    secret: await storedSecret(dataDir, 'pusher-secret', SECRET_BYTES),
  };
}

async function whyUnusable(dataDir: string): Promise<string | undefined> {
  try {
    await makeDir(dataDir);
    const probe = pidFile(dataDir, `probe-${process.pid}`);
    await writeFile(probe, '');
    await rm(probe);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR') return 'it, or a part of its path, is a file';
    if (code === 'EACCES' || code === 'EPERM') return 'this user may not write there';
    return message;
  }
}

/** Like mkdir -p. That of Node never ends where a file system says that a directory is missing right below one that is there. */
async function makeDir(dir: string): Promise<void> {
  const existing = await stat(dir).catch(({ code }: NodeJS.ErrnoException) => {
    if (code !== 'ENOENT') throw Object.assign(new Error(`${dir}: ${code}`), { code });
    return undefined;
  });
  if (existing?.isDirectory()) return;
  if (!existing) await makeDir(dirname(dir));
  await mkdir(dir).catch(async (error: unknown) => {
    // Another start may have been faster.
    if (!(await stat(dir)).isDirectory()) throw error;
  });
}

async function tryClaim(dataDir: string): Promise<boolean> {
  const draft = pidFile(dataDir, `${CLAIM}-${process.pid}`);
  await writeFile(draft, await pidEntry(process.pid));
  try {
    // A link appears with its whole content or not at all, so nobody reads a claim that is half written.
    await link(draft, pidFile(dataDir, CLAIM));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** A random string, made once per data directory, in a file that only its owner may read. */
async function storedSecret(dataDir: string, name: string, bytes: number): Promise<string> {
  const path = join(dataDir, name);
  const stored = await readFile(path, 'utf8').catch(() => '');
  if (stored) return stored.trim();
  const secret = randomBytes(bytes).toString('base64url');
  await writeFile(path, `${secret}\n`, { mode: 0o600 });
  return secret;
}

/** The variables that lead to the stores of a local start. */
export interface StoreUrls extends NodeJS.ProcessEnv {
  MONGO_URL: string;
  REDIS_URL: string;
}

const storesFile = (dataDir: string) => join(dataDir, 'stores.json');

/** Lets the command line find the stores of this start; only their owner may read where they are. */
export async function writeStores(dataDir: string, stores: StoreUrls): Promise<void> {
  const draft = `${storesFile(dataDir)}.new`;
  await rm(draft, { force: true });
  await writeFile(draft, JSON.stringify(stores), { mode: 0o600 });
  await rename(draft, storesFile(dataDir));
}

/** The stores of the start that runs on this directory; throws an error that says what to do if none does. */
export async function runningStores(dataDir: string): Promise<StoreUrls> {
  const stored = await readFile(storesFile(dataDir), 'utf8').catch(() => undefined);
  if (stored === undefined || (await livingProcess(dataDir, CLAIM)) === undefined)
    throw new Error(
      `no npm start runs on ${dataDir}; start one, or set DATA_DIR, or MONGO_URL and REDIS_URL without --local`,
    );
  return JSON.parse(stored) as StoreUrls;
}
