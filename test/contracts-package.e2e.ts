import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import packageJson from '../package.json' with { type: 'json' };

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '..');

/** What a service would write; it has to compile in strict mode and to run. */
const consumer = `
import { type GoalEvent, goalClassOf, goalEvents, GoalsClient, isProblem, type ProblemDetails } from '@goalpost/contracts';
import type { ClientProxy } from '@nestjs/microservices';
import { of, throwError } from 'rxjs';

const sent: unknown[] = [];
const refusal: ProblemDetails = {
  type: 'urn:goalpost:problem:goal_not_found', title: 'There is no such goal', status: 404,
  detail: 'There is no goal x.', instance: 'goals.get', code: 'goal_not_found',
};
const proxy = {
  send(pattern: string, message: object) {
    sent.push([pattern, message]);
    return pattern === 'goals.create' ? of({ goal_id: 'a' }) : throwError(() => refusal);
  },
} as unknown as ClientProxy;
const goals = new GoalsClient(proxy, () => 'token');
const { goal_id } = await goals.create({ goal_type: 'karaoke', levels: [{ target: 1 }], context: { session_id: 's' } });
const refused: unknown = await goals.get('x').catch((error: unknown) => error);
const reached = (event: GoalEvent<'goal.level_reached'>): number => event.data.level_reached;
console.log(JSON.stringify({
  goal_id, sent, isProblem: isProblem(refused), class: goalClassOf('show'), created: goalEvents.created, reached: typeof reached,
}));
`;

describe('the package of libs/contracts', () => {
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'goalpost-contracts-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('is packed whole, installs without anything else, compiles and runs', async () => {
    const npm = (cwd: string, ...args: string[]) => run('npm', args, { cwd });
    await npm(join(root, 'libs/contracts'), 'pack', '--silent', '--pack-destination', dir);
    await writeFile(join(dir, 'package.json'), JSON.stringify({ name: 'consumer', type: 'module' }));
    const { version } = JSON.parse(await readFile(join(root, 'libs/contracts/package.json'), 'utf8')) as {
      version: string;
    };
    const packed = join(dir, `goalpost-contracts-${version}.tgz`);
    await npm(dir, 'install', '--offline', '--no-audit', '--no-fund', packed);
    const lock = JSON.parse(await readFile(join(dir, 'package-lock.json'), 'utf8')) as { packages: object };
    expect(Object.keys(lock.packages)).toEqual(['', 'node_modules/@goalpost/contracts']);

    // What a Nest service has anyway.
    await mkdir(join(dir, 'node_modules/@types'));
    for (const peer of ['@nestjs', 'rxjs', '@types/node'])
      await symlink(join(root, 'node_modules', peer), join(dir, 'node_modules', peer));
    await writeFile(join(dir, 'consumer.ts'), consumer);
    const strict = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
    await run(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), ...strict, '--skipLibCheck', 'consumer.ts'],
      { cwd: dir },
    );
    const { stdout } = await run(process.execPath, ['consumer.js'], { cwd: dir });
    const message = {
      goal_type: 'karaoke',
      levels: [{ target: 1 }],
      context: { session_id: 's' },
      authorization: 'Bearer token',
    };
    expect(JSON.parse(stdout)).toEqual({
      goal_id: 'a',
      sent: [
        ['goals.create', message],
        ['goals.get', { goal_id: 'x', authorization: 'Bearer token' }],
      ],
      isProblem: true,
      class: 'ShowGoal',
      created: 'goal.created',
      reached: 'function',
    });
    const { stdout: files } = await run('tar', ['-tzf', packed]);
    expect(files).toContain('package/README.md');
    expect(files).not.toMatch(/\/src\/|tsconfig/);
  }, 120_000);
});

describe.each(['contracts', 'viewer-client'])('what is published of libs/%s', (lib) => {
  it('says its licence, its changes, where it comes from and which goalpost it was made with', async () => {
    const cwd = join(root, 'libs', lib);
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd });
    const [{ files, version }] = JSON.parse(stdout) as [{ files: { path: string }[]; version: string }];
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json']));
    expect(await readFile(join(cwd, 'LICENSE'), 'utf8')).toBe(await readFile(join(root, 'LICENSE'), 'utf8'));
    expect(await readFile(join(cwd, 'CHANGELOG.md'), 'utf8')).toContain(`\n## [${version}]\n`);
    expect(version).toBe(packageJson.version);
    const { repository } = JSON.parse(await readFile(join(cwd, 'package.json'), 'utf8')) as {
      repository: { directory: string };
    };
    expect(repository).toMatchObject({ type: 'git', directory: `libs/${lib}` });
  }, 60_000);
});
