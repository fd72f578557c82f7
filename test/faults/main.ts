import { seeded } from '../seeded.js';
import { kinds } from './kinds/all-kinds.js';
import { failovers } from './kinds/failovers.js';
import { outageTableOf, stallTableOf, tableOf } from './report/table.js';
import { holds } from './report/row.js';
import { runSuite } from './run-suite.js';
import { ReplicatedStage } from './stage/replicated-stage.js';
import { SingleStage } from './stage/single-stage.js';
import type { Stage } from './stage/stage.js';

const leastAccepted = 2_000;
const leastKinds = 10;
/** The short form takes one in so many of the failovers, which ones by its seed. */
const shortShare = 3;

/**
 * Injects every kind of fault into a service under load and prints what came of it. FAULTS=short injects each once, and a third of the failovers;
 * FAULTS_ONLY takes parts of names, FAULTS_SEED repeats what the clients do, FAULTS_LOG sets a log level, FAULTS_KEEP=1 keeps
 * data, logs and histories.
 * @returns the exit code: 0 where every promise was kept.
 */
async function runFaults(env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const isShort = env.FAULTS === 'short';
  const only = env.FAULTS_ONLY?.split(',');
  const seed = Number(env.FAULTS_SEED ?? Date.now() % 1_000_000);
  const isChosen = ({ name }: { name: string }) => !only || only.some((part) => name.includes(part));
  const form = { isShort, random: seeded(seed) };
  const begin = Date.now();
  console.log(`FAULTS_SEED=${seed}`);
  let open: Stage | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void open?.close().finally(() => process.exit(1)));
  const on = <On extends Stage>(stage: On): On => {
    open = stage;
    return stage;
  };
  const single = kinds.filter(isChosen);
  const inTurn = (_: unknown, index: number) =>
    !isShort || only !== undefined || index % shortShare === seed % shortShare;
  const replicated = failovers.filter(isChosen).filter(inTurn);
  const suites = [
    ...(single.length > 0 ? [await runSuite(on(new SingleStage()), single, form)] : []),
    ...(replicated.length > 0 ? [await runSuite(on(new ReplicatedStage()), replicated, form)] : []),
  ];

  const results = suites.flatMap((suite) => suite.results);
  const problems = suites.flatMap((suite) => suite.problems);
  const rows = results.map(({ row }) => row);
  const away = results.map(({ outage }) => outage).filter((outage) => outage !== undefined);
  const stalls = results.map(({ stall }) => stall).filter((stall) => stall !== undefined);
  const accepted = rows.reduce((total, row) => total + row.accepted, 0);
  if (!only && rows.length < leastKinds) problems.push(`only ${rows.length} kinds of faults`);
  if (!only && !isShort && accepted < leastAccepted) problems.push(`only ${accepted} requests were accepted`);
  console.log(`\n${tableOf(rows)}\n\n${outageTableOf(away)}\n\n${stallTableOf(stalls)}\n`);
  for (const problem of problems.slice(0, 50)) console.log(`- ${problem}`);
  const isKept =
    problems.length === 0 &&
    rows.every(holds) &&
    [...away, ...stalls].every((row) => row.faults.length === 0);
  console.log(
    `${isKept ? 'every promise was kept' : 'NOT every promise was kept'}, ${Math.round((Date.now() - begin) / 1000)} s, FAULTS_SEED=${seed}`,
  );
  return isKept ? 0 : 1;
}

process.exit(await runFaults());
