import type { TestService } from './service.js';

const profileBytes = 256 * 1024 * 1024;

/** An operation as the profiler of mongod notes it. */
export interface Profiled {
  op: string;
  ns: string;
  command: Record<string, unknown>;
  planSummary?: string;
  keysExamined?: number;
  docsExamined?: number;
  nreturned?: number;
  nMatched?: number;
  hasSortStage?: boolean;
}

/** Has mongod note every operation on this service's database. */
export async function profile({ mongo }: TestService): Promise<void> {
  // The collection that mongod makes by itself holds one megabyte, a fraction of what a test does.
  await mongo.createCollection('system.profile', { capped: true, size: profileBytes });
  await mongo.db!.setProfilingLevel('all');
}

/** What was noted of goalpost's own operations; the test's, on a connection of their own, are left out. */
export async function profiled({ mongo, appName }: TestService): Promise<Profiled[]> {
  return mongo
    .collection<Profiled>('system.profile')
    .find({ appName: { $ne: appName }, ns: { $not: /\.system\./ } })
    .toArray();
}

/** The comment of reads that look at everything by intent, in steps of so many documents. */
const sweep = { comment: 'a sweep for the data of a user', step: 5_000 };

/** What makes an operation dearer the more is stored; empty where nothing does. */
export function faultsOf({ planSummary = '', hasSortStage, command, ...counts }: Profiled): string[] {
  const { keysExamined = 0, docsExamined = 0, nreturned = 0, nMatched = 0 } = counts;
  // What names its documents reads no more of them than it names, whatever is stored.
  const isSweep = command.comment === sweep.comment;
  const enough = isSweep ? sweep.step : Math.max(2 * Math.max(nreturned, nMatched) + 20, idsNamed(command));
  return [
    planSummary.includes('COLLSCAN') && 'reads the whole collection',
    hasSortStage && 'sorts in memory',
    docsExamined > enough && `reads ${docsExamined} documents for ${nreturned + nMatched}`,
    // What is summed up is read as a whole, from the index alone.
    !command.pipeline &&
      keysExamined > 2 * enough &&
      `reads ${keysExamined} keys for ${nreturned + nMatched}`,
  ].filter((fault) => typeof fault === 'string');
}

/** How many documents an operation names by their ids. */
function idsNamed({ filter, q, query }: Record<string, unknown>): number {
  const { _id } = (filter ?? q ?? query ?? {}) as { _id?: { $in?: unknown[] } };
  return _id?.$in?.length ?? 0;
}

/** An operation in one line, for who has to find it. */
export function lineOf(entry: Profiled): string {
  const { filter, q, query, pipeline, sort } = entry.command;
  return `${entry.op} ${entry.ns} ${JSON.stringify(filter ?? q ?? query ?? pipeline)} sort ${JSON.stringify(sort)} by ${entry.planSummary}: ${faultsOf(entry).join(', ')}`;
}
