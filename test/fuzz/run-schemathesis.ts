import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FuzzStage } from './stage.js';
import type { Tally } from './tally.js';

/** Runs Schemathesis to its end; its exit code is 0 where it found nothing. */
export async function runSchemathesis(
  stage: FuzzStage,
  args: string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number; tally: Tally }> {
  const tallyFile = join(stage.dataDir, 'tally.json');
  const command = ['-m', 'schemathesis.cli', '--config-file', 'test/fuzz/schemathesis.toml', 'run'];
  // Its answers do not end.
  const left = ['--exclude-operation-id', 'streamEvents'];
  const child = spawn('python3', [...command, `${stage.url}/docs-json`, '--no-color', ...left, ...args], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      // Its output has signs that the locale of a bare machine cannot write.
      PYTHONUTF8: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      SCHEMATHESIS_HOOKS: 'test/fuzz/hooks.py',
      FUZZ_URL: stage.url,
      FUZZ_TALLY: tallyFile,
      ...env,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  const tally = await readFile(tallyFile, 'utf8').catch(() => '{}');
  return { code: code ?? 1, tally: JSON.parse(tally) as Tally };
}
