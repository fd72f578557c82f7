import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { showBody, tokenFor, until } from './client.js';
import { type BuiltTree, runOperationIn, TestProcess } from './process.js';
import { useService } from './service.js';

const run = promisify(execFile);
const npmOptions = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel', 'error'];

const { engines } = JSON.parse(await readFile('package.json', 'utf8')) as { engines: { node: string } };
const oldest = /^>=(\d+\.\d+\.\d+)$/.exec(engines.node)![1]!;

/** npm has the binaries of Node as packages, one for each platform. */
const { platform, arch } = process;
const nodePackage = `${platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node'}-${platform}-${arch}`;

const dir = await mkdtemp(join(tmpdir(), 'goalpost-oldest-node-'));
const tree: Required<BuiltTree> = {
  cwd: join(dir, 'tree'),
  node: join(dir, 'node/node_modules', nodePackage, 'bin/node'),
};
const missing = await run(
  'npm',
  ['install', '--prefix', join(dir, 'node'), ...npmOptions, `${nodePackage}@${oldest}`],
  { timeout: 120_000 },
).then(
  () => undefined,
  ({ message }: Error) => message.trim().split('\n').at(-1),
);
if (missing)
  process.stdout.write(`Node ${oldest}: skipped, as npm does not install ${nodePackage}: ${missing}\n`);

afterAll(() => rm(dir, { recursive: true, force: true }));

(missing ? describe.skip : describe)(`the built tree without development packages on Node ${oldest}`, () => {
  const service = useService({}, { sink: true, apps: [] });

  beforeAll(async () => {
    const files = [
      'package.json',
      'package-lock.json',
      'asyncapi.json',
      'bin',
      'dist',
      'libs/operations/public',
    ];
    for (const part of files) await cp(part, join(tree.cwd, part), { recursive: true });
    await run('npm', ['ci', '--omit=dev', ...npmOptions], { cwd: tree.cwd });
  }, 180_000);

  it('is that Node', async () => {
    const { stdout } = await run(tree.node, ['--version']);
    expect(stdout.trim()).toBe(`v${oldest}`);
  });

  it('creates a goal, binds it and tells viewers of it', async () => {
    const start = (app: 'api' | 'worker') => TestProcess.start(app, service, service.sink.env, tree);
    const [api] = await Promise.all([start('api'), start('worker')]);
    service.baseUrl = api.url;
    const streamer = service.client();
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    await until(async () => (await streamer.session(sessionId)).show_goal_pairs[0]?.show_goal === goalId);
    await until(async () => service.sink.accepted.some(({ data }) => data.goal_id === goalId));
    const authorization = `Bearer ${await tokenFor('ops', ['admin'])}`;
    const page = await fetch(`${api.url}/admin`, { headers: { authorization } });
    expect(await page.text()).toContain('<title>goalpost console</title>');
  }, 120_000);

  it('runs the command line', async () => {
    expect(await runOperationIn(tree, service, 'dead')).toEqual({ code: 0, lines: ['0 dead'] });
  }, 60_000);
});
