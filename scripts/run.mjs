/** Runs one of the project's processes, tests or tools, from a fresh clone as well as from a built tree. */
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { runChild, stopCode } from './child.mjs';
import { helpOf } from './help.mjs';
import { runDev } from './dev.mjs';
import { ensureInstalled, nodeBinary } from './install.mjs';
import { oneAtATime } from './lock.mjs';

const root = new URL('..', import.meta.url).pathname;

/** The channel tells a process when this launcher is killed, so that it does not run on alone. */
const main = (app) => ({
  args: ['--enable-source-maps', `dist/apps/${app}/src/main.js`],
  channel: true,
});
const typescript = (file) => ({ args: ['--import', './scripts/typescript.mjs', file] });
const jest = ['node_modules/jest/bin/jest.js'];
const test = ['scripts/test-with-servers.mjs', ...jest];
/** The tests start some two hundred processes that load the same code. */
const compiled = { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/node') };

/** The arguments of Node for each mode; those of the command line follow. The code is compiled before, unless `build` is false. */
const modes = {
  start: main('local'),
  dev: { run: ([mode = 'watch']) => runDev(mode) },
  api: main('api'),
  worker: main('worker'),
  install: { run: () => 0, build: false },
  test: { args: test, env: compiled },
  // Two apis and two workers wherever a test asks for one.
  scale: { args: test, env: { ...compiled, TEST_SCALE: process.env.TEST_SCALE ?? '2' } },
  cluster: { args: test, env: { ...compiled, TEST_REDIS: 'cluster' } },
  unit: { args: jest, last: ['--selectProjects=unit'], env: compiled, build: false },
  faults: typescript('test/faults/main.ts'),
  drill: typescript('test/drill/main.ts'),
  shows: typescript('test/paid-shows/main.ts'),
  fuzz: typescript('test/fuzz/main.ts'),
  mutation: { args: ['node_modules/@stryker-mutator/core/bin/stryker.js', 'run'], build: false },
  openapi: { args: ['scripts/openapi.mjs'] },
  asyncapi: { ...typescript('libs/contracts/asyncapi/main.ts'), build: false },
  bench: { args: ['test/bench/main.mjs'] },
  'bench-access': { args: ['test/bench/access.mjs'] },
  'bench-commands': { args: ['test/bench/commands.mjs'] },
  'bench-contributions': { args: ['test/bench/contributions.mjs'] },
  'bench-mixed': { args: ['test/bench/mixed.mjs'] },
  'bench-reads': { args: ['test/bench/reads.mjs'] },
  'bench-events': { args: ['test/bench/event-cost.mjs'] },
  growth: { args: ['test/bench/growth.mjs'] },
  path: { args: ['test/bench/path.mjs'] },
  soak: { args: ['test/bench/soak.mjs'] },
  'bench-overlay': typescript('test/bench/overlay.ts'),
  overload: { args: ['test/overload/main.mjs'] },
};

const [name, ...more] = process.argv.slice(2);
process.chdir(root);
if (!Object.hasOwn(modes, name ?? '')) {
  console.error(`usage: node scripts/run.mjs ${Object.keys(modes).join('|')}`);
  process.exit(2);
}
const help = helpOf(name, more);
if (help) {
  (help.exitCode === 0 ? console.log : console.error)(help.text);
  process.exit(help.exitCode);
}
try {
  const { run, args, last = [], build = true, channel, env } = modes[name];
  await oneAtATime(async () => {
    await ensureInstalled();
    if (build) await ensureBuilt();
  });
  const start = () =>
    runChild(nodeBinary(), [...args, ...more, ...last], { channel, env: { ...process.env, ...env } });
  process.exit(await (run ?? start)(more));
} catch (error) {
  console.error(`goalpost: ${stopCode() ? 'stopped' : error.message}`);
  if (stopCode()) process.exit(stopCode());
  if (name === 'test') console.log('0 passed, 1 failed');
  process.exit(1);
}
