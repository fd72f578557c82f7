/** Runs the given test command beside one mongod and one Redis-compatible server; both are gone afterwards. */
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  natsBinary,
  startMongod,
  startRedis,
  startRedisCluster,
} from '../dist/libs/local-stack/src/index.js';
import { promisify } from 'node:util';
import { runChild } from './child.mjs';

/** Gets a NATS server for the tests that start one; resolves to the reason why there is none, and they are skipped. */
function whyNoNats(provisioning) {
  return natsBinary(provisioning).then(
    () => '',
    ({ message }) => message.replaceAll('\n', ''),
  );
}

const SLOWEST = 5;

/** The counts of jest's report and its slowest files; a run that failed in any other way counts as one more failure. */
async function outcome(report, exitCode) {
  const {
    numPassedTests = 0,
    numFailedTests = 0,
    numRuntimeErrorTestSuites = 0,
    testResults = [],
  } = await readFile(report, 'utf8')
    .then(JSON.parse)
    .catch(() => ({}));
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  const slowest = testResults
    .map(({ name, startTime, endTime }) => ({ name: basename(name), seconds: (endTime - startTime) / 1000 }))
    .toSorted((one, other) => other.seconds - one.seconds)
    .slice(0, SLOWEST)
    .map(({ name, seconds }) => `${name} ${seconds.toFixed(0)} s`);
  return { passed: numPassedTests, failed: exitCode !== 0 && failed === 0 ? 1 : failed, slowest };
}

/** The commands to MongoDB that no sharded cluster would take, see test/sharding; each with the databases that it was seen on. */
async function unshardable(dir) {
  const commands = new Map();
  for (const file of (await readdir(dir)).filter((name) => name.endsWith('.faults')))
    for (const line of (await readFile(join(dir, file), 'utf8')).trim().split('\n'))
      commands.set(line, [...(commands.get(line) ?? []), basename(file, '.faults')]);
  return [...commands].map(
    ([line, databases]) => `not for a sharded cluster: ${line} in ${databases.join(', ')}`,
  );
}

/** What of the arguments chooses test files, if no file is chosen by it; jest alone knows which arguments those are. */
async function whyNoTest(command) {
  if (command.length === 1) return undefined;
  const { stdout } = await promisify(execFile)(process.execPath, [...command, '--listTests']).catch(
    (error) => error,
  );
  return stdout?.trim() ? undefined : `no test file matches ${command.slice(1).join(' ')}`;
}

const nothing = await whyNoTest(process.argv.slice(2));
if (nothing) {
  console.error(`goalpost: ${nothing}`);
  console.log('0 passed, 0 failed');
  process.exit(1);
}

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => controller.abort(signal));

const dataDir = await mkdtemp(join(tmpdir(), 'goalpost-test-'));
const report = join(dataDir, 'report.json');
const commandsDir = join(dataDir, 'commands');
const options = { dataDir, onLog: console.log, signal: controller.signal };
const servers = [];
let exitCode = 1;
try {
  await mkdir(commandsDir);
  const nats = whyNoNats({ onLog: console.log, signal: controller.signal });
  servers.push(await startMongod(options));
  const isCluster = process.env.TEST_REDIS === 'cluster';
  servers.push(await (isCluster ? startRedisCluster : startRedis)(options));
  const [mongod, redis] = servers;
  const stores = { TEST_MONGO_URL: mongod.url, TEST_REDIS_URL: redis.url };
  const env = { ...process.env, ...stores, TEST_NATS_MISSING: await nats, TEST_COMMANDS_DIR: commandsDir };
  const command = [...process.argv.slice(2), '--json', `--outputFile=${report}`];
  exitCode = await runChild(process.execPath, command, { env });
} catch (error) {
  console.error(`goalpost: ${error.message}`);
}
const faults = await unshardable(commandsDir).catch(() => []);
for (const fault of faults) console.log(fault);
if (faults.length > 0) exitCode ||= 1;
const { passed, failed, slowest } = await outcome(report, exitCode);
await Promise.all(servers.map((server) => server.stop()));
await rm(dataDir, { recursive: true, force: true });
if (passed + failed === 0) {
  console.error(`goalpost: no test matches ${process.argv.slice(3).join(' ')}`);
  exitCode = 1;
}
if (slowest.length === SLOWEST) console.log(`slowest: ${slowest.join(', ')}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 && exitCode === 0 ? 1 : exitCode);
