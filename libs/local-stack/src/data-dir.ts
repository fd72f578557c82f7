import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { livingProcess, pidEntry, pidFile, removePidFile } from './processes/pid-file.js';

const CLAIM = 'start';
const SECRET_BYTES = 48;
const KEY_BYTES = 12;

/**
 * Claims the data directory for this process alone and returns a function that releases it. If the owner of an earlier
 * claim was killed, the claim is taken over; if it is alive, this throws an error that names it.
 */
export async function claimDataDir(dataDir: string): Promise<() => Promise<void>> {
  while (!(await tryClaim(dataDir))) {
    const owner = await livingProcess(dataDir, CLAIM);
    if (owner !== undefined) {
      throw new Error(
        `${dataDir} is in use by another npm start (pid ${owner}); stop that one, or set DATA_DIR to another directory`,
      );
    }
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
