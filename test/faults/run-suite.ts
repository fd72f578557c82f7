import { kindsOf, checkHistory } from '../history/check.js';
import { readEntries } from '../history/recorder.js';
import { auditGoals } from './audit/goal-audit.js';
import { deadJobs } from './audit/queues-at-rest.js';
import type { Fault } from './kinds/fault.js';
import { type FaultResult, type Form, runFault } from './run-fault.js';
import { Outages } from './stage/outages.js';
import type { Stage } from './stage/stage.js';

/** What came of all faults on one stage. */
export interface SuiteResult {
  results: FaultResult[];
  /** What is wrong and belongs to no single fault. */
  problems: string[];
}

/** Opens a stage, injects the faults, closes it, and holds the history of all of it against the rules. */
export async function runSuite<On extends Stage>(
  stage: On,
  faults: Fault<On>[],
  form: Form,
): Promise<SuiteResult> {
  const tools = {
    stage,
    outages: new Outages(),
    failovers: [],
    ms: (long: number, short: number) => (form.isShort ? short : long),
  };
  const results: FaultResult[] = [];
  const problems: string[] = [];
  const begin = Date.now();
  try {
    await stage.open();
    await stage.startRecording();
    for (const fault of faults) {
      const result = await runFault(fault, tools, form);
      results.push(result);
      const { row, outage, stall } = result;
      const all = [...row.faults, ...(outage?.faults ?? []), ...(stall?.faults ?? [])];
      console.log(
        `${Math.round((Date.now() - begin) / 1000)} s  ${fault.name}: ${all.length === 0 ? 'holds' : 'DOES NOT HOLD'}`,
      );
      console.log(`      ${JSON.stringify(row.statuses)}`);
      if (stall) console.log(`      ${JSON.stringify(stall)}`);
      for (const problem of all.slice(0, 8)) console.log(`      - ${problem}`);
    }
    const late = await auditGoals(
      stage,
      results.flatMap(({ accepted }) => accepted),
    );
    problems.push(...late.lost, ...late.duplicated);
    console.log(`dead jobs: ${JSON.stringify(await deadJobs(stage))}`);
    problems.push(...(await historyFaults(stage)));
  } catch (error) {
    problems.push(String((error as Error).stack));
  } finally {
    await stage.close();
  }
  return { results, problems };
}

async function historyFaults(stage: Stage): Promise<string[]> {
  await stage.stopRecording();
  const entries = readEntries(stage.recorder.path);
  const { lines, faults } = checkHistory(entries);
  console.log(`history of ${kindsOf(entries)}\n  ${lines.join('\n  ')}`);
  return faults;
}
