/** Runs one of the project's processes or its tests, from a fresh clone as well as from a built tree. */
import { ensureBuilt } from './build.mjs';
import { runChild } from './child.mjs';
import { runDev } from './dev.mjs';
import { ensureInstalled, nodeBinary } from './install.mjs';
import { oneAtATime } from './lock.mjs';

const JEST = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
];

async function setUp({ build }) {
  await oneAtATime(async () => {
    await ensureInstalled();
    if (build) await ensureBuilt();
  });
}

/** The channel tells the process when this launcher is killed, so that it does not run on alone. */
async function runMain(app) {
  await setUp({ build: true });
  const args = ['--enable-source-maps', `dist/apps/${app}/src/main.js`];
  return runChild(nodeBinary(), args, { channel: true });
}

const MODES = {
  start: () => runMain('local'),
  async dev([mode = 'watch']) {
    await setUp({ build: true });
    return runDev(mode);
  },
  api: () => runMain('api'),
  worker: () => runMain('worker'),
  async cli(args) {
    await setUp({ build: true });
    return runChild(nodeBinary(), ['dist/apps/cli/src/main.js', ...args]);
  },
  install: () => setUp({ build: false }).then(() => 0),
  async test(args) {
    await setUp({ build: true });
    return runChild(nodeBinary(), ['scripts/test-with-servers.mjs', ...JEST, ...args]);
  },
  // Two apis and two workers wherever a test asks for one.
  scale(args) {
    process.env.TEST_SCALE ??= '2';
    return MODES.test(args);
  },
  cluster(args) {
    process.env.TEST_REDIS = 'cluster';
    return MODES.test(args);
  },
  async faults() {
    await setUp({ build: true });
    return runChild(nodeBinary(), ['scripts/faults.mjs']);
  },
  async fuzz() {
    await setUp({ build: true });
    return runChild(nodeBinary(), ['scripts/fuzz.mjs']);
  },
  async openapi() {
    await setUp({ build: true });
    return runChild(nodeBinary(), ['scripts/openapi.mjs']);
  },
  async bench() {
    await setUp({ build: true });
    return runChild(nodeBinary(), ['test/bench/main.mjs']);
  },
  async overload() {
    await setUp({ build: true });
    return runChild(nodeBinary(), ['test/overload/main.mjs']);
  },
  async growth() {
    await setUp({ build: true });
    return runChild(nodeBinary(), ['test/bench/growth.mjs']);
  },
  async path() {
    await setUp({ build: true });
    return runChild(nodeBinary(), ['test/bench/path.mjs']);
  },
  async soak() {
    await setUp({ build: true });
    return runChild(nodeBinary(), ['test/bench/soak.mjs']);
  },
  async mutation(args) {
    await setUp({ build: false });
    return runChild(nodeBinary(), ['node_modules/@stryker-mutator/core/bin/stryker.js', 'run', ...args]);
  },
  async unit(args) {
    await setUp({ build: false });
    return runChild(nodeBinary(), [...JEST, ...args, '--selectProjects=unit']);
  },
};

const [mode, ...args] = process.argv.slice(2);
process.chdir(new URL('..', import.meta.url).pathname);
if (!Object.hasOwn(MODES, mode ?? '')) {
  console.error(`usage: node scripts/run.mjs ${Object.keys(MODES).join('|')}`);
  process.exit(2);
}
try {
  process.exit(await MODES[mode](args));
} catch (error) {
  console.error(`goalpost: ${error.message}`);
  if (mode === 'test') console.log('0 passed, 1 failed');
  process.exit(1);
}
