import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { testSecret } from './client.js';
import { freePort, inherited } from './process.js';

/** Starts a process that is to end by itself; resolves to its exit code and all that it printed. */
export async function bootInVain(
  app: 'api' | 'worker' | 'cli',
  stores: NodeJS.ProcessEnv,
  ...args: string[]
) {
  const child = spawn(process.execPath, [`dist/apps/${app}/src/main.js`, ...args], {
    env: {
      ...inherited,
      PORT: String(await freePort()),
      JWT_SECRET: testSecret,
      MESSAGING_URL: 'off',
      LOG_LEVEL: 'warn',
      ...stores,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await exit;
  clearTimeout(limit);
  return { code, lines: (out + error).trim().split('\n') };
}

/** Refused as it ought to be: exit code 1, and one plain line that holds all of these words. */
export function expectOneLine(
  { code, lines }: Awaited<ReturnType<typeof bootInVain>>,
  ...words: string[]
): void {
  expect({ code, count: lines.length, lines }).toMatchObject({ code: 1, count: 1 });
  expect(lines[0]).toMatch(/^goalpost(-\w+)?: \S/);
  for (const word of words) expect(lines[0]).toContain(word);
}
