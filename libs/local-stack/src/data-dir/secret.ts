import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const BYTES = 48;

/** The secret that signs the local tokens, made once per data directory so that old tokens keep working. */
export async function localJwtSecret(dataDir: string): Promise<string> {
  const path = join(dataDir, 'jwt-secret');
  const kept = await readFile(path, 'utf8').catch(() => '');
  if (kept) return kept.trim();
  const secret = randomBytes(BYTES).toString('base64url');
  await writeFile(path, `${secret}\n`, { mode: 0o600 });
  return secret;
}
