import { readFileSync } from 'node:fs';

/**
 * Fills each `NAME` in `names` from the file that `NAME_FILE` points to, as container platforms hand out secrets.
 * Returns what could not be read, one sentence each.
 */
export function readSecretFiles(
  env: NodeJS.ProcessEnv,
  names: string[],
): { env: NodeJS.ProcessEnv; faults: string[] } {
  const filled = { ...env };
  const faults: string[] = [];
  for (const name of names) {
    const path = env[`${name}_FILE`];
    if (!path) continue;
    if (env[name]) {
      faults.push(`${name}: set either ${name} or ${name}_FILE, not both`);
      continue;
    }
    try {
      filled[name] = readFileSync(path, 'utf8').trim();
    } catch (error) {
      faults.push(`${name}_FILE: ${path} cannot be read (${(error as Error).message})`);
    }
  }
  return { env: filled, faults };
}
