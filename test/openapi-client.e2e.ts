import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newId } from '#platform';
import { tokenFor } from './client.js';
import { inherited } from './process.js';
import { useService } from './service.js';

const run = promisify(execFile);
const node = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  run(process.execPath, args, { env: { ...inherited, ...env } }).catch((error: unknown) => {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${stdout}${stderr}`, { cause: error });
  });

const compilerOptions = {
  strict: true,
  module: 'nodenext',
  target: 'es2023',
  lib: ['es2024', 'dom'],
  types: ['node'],
  skipLibCheck: true,
};

describe('a client generated from openapi.json', () => {
  const service = useService();
  let folder: string;

  beforeAll(async () => {
    // Below node_modules, where it finds the libraries of the project.
    await mkdir('node_modules/.cache', { recursive: true });
    folder = await mkdtemp('node_modules/.cache/goalpost-client-');
    await copyFile('test/openapi-client/consumer.mts', join(folder, 'consumer.mts'));
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['consumer.mts'] }),
    );
    const types = join(folder, 'goalpost.d.mts');
    await node(['node_modules/openapi-typescript/bin/cli.js', 'openapi.json', '--output', types]);
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('compiles, and makes a show goal that is bound', async () => {
    await node(['node_modules/typescript/bin/tsc', '-p', folder]);
    const { stdout } = await node([join(folder, 'consumer.mjs')], {
      BASE_URL: service.baseUrl,
      TOKEN: await tokenFor(newId(), ['streamer']),
    });
    const seen = JSON.parse(stdout) as Record<string, unknown>;
    expect(seen).toEqual({
      accepted: 202,
      location: `/goals/${String(seen.goal_id)}`,
      goal_id: seen.bound,
      bound: expect.stringMatching(/^[0-9a-f]{24}$/) as string,
      status: 'active',
      pays_for_it: true,
      refused: 'already_bound',
      stands_there: seen.bound,
    });
    const sessions = await service.documents('session');
    expect(String((sessions[0]!.show_goal_pairs as { show_goal: unknown }[])[0]!.show_goal)).toBe(seen.bound);
  }, 60_000);
});
