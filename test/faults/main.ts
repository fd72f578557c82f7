import { auditGoals } from './audit/goal-audit.js';
import { deadJobs } from './audit/queues-at-rest.js';
import { kinds } from './kinds/all-kinds.js';
import { outageTableOf, tableOf } from './report/table.js';
import { holds } from './report/row.js';
import { type FaultResult, runFault } from './run-fault.js';
import { Outages } from './stage/outages.js';
import { Stage } from './stage/stage.js';

const leastAccepted = 2_000;
const leastKinds = 10;

/**
 * Injects every kind of fault into a service under load and prints what came of it. FAULTS=short injects each once;
 * FAULTS_ONLY takes parts of names, FAULTS_LOG a log level, FAULTS_KEEP=1 keeps data and logs.
 * @returns the exit code: 0 where every promise was kept.
 */
async function runFaults(env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const isShort = env.FAULTS === 'short';
  const only = env.FAULTS_ONLY?.split(',');
  const chosen = kinds.filter(({ name }) => !only || only.some((part) => name.includes(part)));
  const stage = new Stage();
  const outages = new Outages();
  const tools = { stage, outages, ms: (long: number, short: number) => (isShort ? short : long) };
  const results: FaultResult[] = [];
  const problems: string[] = [];
  const begin = Date.now();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stage.close().finally(() => process.exit(1)));
  try {
    await stage.open();
    for (const fault of chosen) {
      const result = await runFault(fault, tools, isShort);
      results.push(result);
      const all = [...result.row.faults, ...(result.outage?.faults ?? [])];
      console.log(
        `${Math.round((Date.now() - begin) / 1000)} s  ${fault.name}: ${all.length === 0 ? 'holds' : 'DOES NOT HOLD'}`,
      );
      console.log(`      ${JSON.stringify(result.row.statuses)}`);
      for (const problem of all.slice(0, 8)) console.log(`      - ${problem}`);
    }
    const late = await auditGoals(
      stage,
      results.flatMap(({ accepted }) => accepted),
    );
    problems.push(...late.lost, ...late.duplicated);
    console.log(`dead jobs: ${JSON.stringify(await deadJobs(stage))}`);
  } catch (error) {
    problems.push(String((error as Error).stack));
  } finally {
    await stage.close();
  }
  const rows = results.map(({ row }) => row);
  const away = results.map(({ outage }) => outage).filter((outage) => outage !== undefined);
  const accepted = rows.reduce((total, row) => total + row.accepted, 0);
  if (!only && rows.length < leastKinds) problems.push(`only ${rows.length} kinds of faults`);
  if (!only && !isShort && accepted < leastAccepted) problems.push(`only ${accepted} requests were accepted`);
  console.log(`\n${tableOf(rows)}\n\n${outageTableOf(away)}\n`);
  for (const problem of problems) console.log(`- ${problem}`);
  const isKept = problems.length === 0 && rows.every(holds) && away.every((row) => row.faults.length === 0);
  console.log(
    `${isKept ? 'every promise was kept' : 'NOT every promise was kept'}, ${Math.round((Date.now() - begin) / 1000)} s`,
  );
  return isKept ? 0 : 1;
}

process.exit(await runFaults());
