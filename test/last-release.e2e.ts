import { newId } from '#platform';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { showBody, testSecret, until } from './client.js';
import { runOperation, shortLocks, TestProcess } from './process.js';
import { useService } from './service.js';
import { eachOnce, effectsOf, mapAtOnce } from './show-effects.js';
import lastRelease from './last-release.json' with { type: 'json' };

const { version, commit } = lastRelease;
const run = promisify(execFile);
const tree = await mkdtemp(join(tmpdir(), 'goalpost-last-release-'));

const installation = [
  'ci',
  '--prefer-offline',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--loglevel',
  'error',
];

/** Gives the release its own modules, or those of this one if they are the same. */
async function install(): Promise<void> {
  const [its, ours] = await Promise.all(
    [tree, '.'].map((dir) => readFile(join(dir, 'package-lock.json'), 'utf8')),
  );
  if (its === ours) await symlink(resolve('node_modules'), join(tree, 'node_modules'));
  else await run('npm', installation, { cwd: tree });
}

/** Unpacks the release from git and compiles it; returns why it cannot be had, if so. */
async function build(): Promise<string | undefined> {
  const archive = join(tree, 'release.tar');
  try {
    await run('git', ['archive', '--output', archive, commit]);
  } catch (error) {
    return (error as Error).message.trim().split('\n').at(-1);
  }
  await run('tar', ['-xf', archive, '-C', tree]);
  await install();
  const tsc = 'node_modules/typescript/bin/tsc';
  await run(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: tree });
  return undefined;
}

const missing = await build();
if (missing)
  process.stdout.write(`release ${version}: skipped, as this clone does not have ${commit}: ${missing}\n`);
afterAll(() => rm(tree, { recursive: true, force: true }));

const streams = 40;
const ticketsOfEach = 5;

(missing ? describe.skip : describe)(
  `release ${version} and this one, side by side on the same stores`,
  () => {
    const service = useService({ ...shortLocks, RATE_LIMIT: 'off' }, { apps: [] });
    const workers: TestProcess[] = [];
    const apis: TestProcess[] = [];

    beforeAll(async () => {
      const env = { ...shortLocks, RATE_LIMIT: 'off', SWEEP_INTERVAL_MS: '1000' };
      // What that release sends to MongoDB was judged by its own tests. Its worker needs a secret as well.
      const its = { ...env, TEST_COMMANDS_DIR: '', JWT_SECRET: testSecret };
      const start = (app: 'api' | 'worker', cwd?: string) =>
        TestProcess.start(app, service, cwd ? its : env, { cwd });
      workers.push(...(await Promise.all([start('worker'), start('worker', tree)])));
      apis.push(...(await Promise.all([start('api'), start('api', tree)])));
    }, 120_000);

    /** What a process has counted under a metric so far, over all labels. */
    const counted = async (process: TestProcess, metric: string) => {
      const lines = (await (await fetch(`${process.url}/metrics`)).text()).split('\n');
      const values = lines
        .filter((line) => line.startsWith(metric))
        .map((line) => Number(line.split(' ').at(-1)));
      return values.reduce((sum, value) => sum + value, 0);
    };

    it('lose nothing of what either of them accepts, also when a worker is killed', async () => {
      let turns = 0;
      const shows = await mapAtOnce(Array.from({ length: streams }), 8, async () => {
        // Each request goes to the next api, so that one release goes on with what the other has begun.
        const next = () => (service.baseUrl = apis[turns++ % apis.length]!.url);
        const [streamer, platform] = [service.client(), service.client(undefined, ['service'])];
        next();
        const { sessionId, fundingGoalId } = await streamer.openFundedSession();
        await until(async () => (await streamer.goal(fundingGoalId)).status === 'active');
        for (let ticket = 0; ticket < ticketsOfEach; ticket++) {
          next();
          const payment = { source_id: newId(), user_id: newId(), amount: 10 };
          expect((await platform.post(`/goals/${fundingGoalId}/contributions`, payment)).status).toBe(201);
        }
        next();
        return {
          goalId: await streamer.createGoal('show', showBody(sessionId, fundingGoalId)),
          sessionId,
          fundingGoalId,
        };
      });
      for (const worker of workers)
        expect(await counted(worker, 'goalpost_handler_duration_seconds_count')).toBeGreaterThan(0);
      await workers[0]!.end('SIGKILL');
      workers[0] = await TestProcess.start('worker', service, { ...shortLocks, SWEEP_INTERVAL_MS: '1000' });

      const streamer = service.client();
      for (const { goalId, sessionId, fundingGoalId } of shows) {
        await until(
          async () => (await streamer.session(sessionId)).show_goal_pairs[0]?.show_goal === goalId,
          40_000,
        );
        await until(async () => (await streamer.goal(fundingGoalId)).outcome === 'funded');
        expect((await streamer.goal(fundingGoalId)).progress).toBe(ticketsOfEach * 10);
      }
      await service.queues.settled(40_000);
      for (const show of shows) expect(await effectsOf(service, show)).toEqual(eachOnce);
      expect(await runOperation(service, 'dead')).toMatchObject({ lines: ['0 dead'] });
      for (const worker of workers) expect(await counted(worker, 'goalpost_unknown_jobs_total')).toBe(0);
    }, 180_000);
  },
);
