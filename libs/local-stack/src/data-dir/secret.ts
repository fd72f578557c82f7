import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const SECRET_BYTES = 48;
const KEY_BYTES = 12;

/** A random word, made once per data directory and kept in a file that only its owner may read. */
async function keptWord(dataDir: string, name: string, bytes: number): Promise<string> {
  const path = join(dataDir, name);
  const kept = await readFile(path, 'utf8').catch(() => '');
  if (kept) return kept.trim();
  const word = randomBytes(bytes).toString('base64url');
  await writeFile(path, `${word}\n`, { mode: 0o600 });
  return word;
}

/** The secret that signs the local tokens, kept so that old tokens go on working. */
export function localJwtSecret(dataDir: string): Promise<string> {
  return keptWord(dataDir, 'jwt-secret', SECRET_BYTES);
}

/** Key and secret of the local Pusher app, kept so that what they encrypted and signed still holds. */
export async function localPusherKeys(dataDir: string): Promise<{ key: string; secret: string }> {
  return {
    key: await keptWord(dataDir, 'pusher-key', KEY_BYTES),
    secret: await keptWord(dataDir, 'pusher-secret', SECRET_BYTES),
  };
}
