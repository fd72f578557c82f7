import type { Attempt, Kind } from '../load/careful-client.js';
import type { Failover } from '../stage/failovers.js';

/** How long nothing of a kind went well while a store changed its primary; each the longest of all times. */
export interface StallRow {
  fault: string;
  electionMs: number;
  createsMs: number;
  paymentsMs: number;
  readsMs: number;
  faults: string[];
}

/** What clients may need beyond the election. */
const beyondElectionMs = 2_000;

/** A stall that began with the fault may end after it. */
const marginMs = 5_000;

/** Measures the stalls. Judges them against the election that each had, but for a short run, which may share its machine. */
export function stallRow(
  fault: string,
  failovers: Failover[],
  attempts: Attempt[],
  isJudged: boolean,
): StallRow {
  const row: StallRow = { fault, electionMs: 0, createsMs: 0, paymentsMs: 0, readsMs: 0, faults: [] };
  for (const failover of failovers) {
    const electionMs = failover.electedAt - failover.from;
    row.electionMs = Math.max(row.electionMs, electionMs);
    const measure = (column: 'createsMs' | 'paymentsMs' | 'readsMs', kind: Kind) => {
      const ms = longestStall(failover, attempts, kind);
      row[column] = Math.max(row[column], ms);
      if (isJudged && ms > electionMs + beyondElectionMs)
        row.faults.push(`${fault}: no ${kind} went well for ${ms} ms, the election took ${electionMs} ms`);
    };
    measure('createsMs', 'create');
    measure('paymentsMs', 'contribute');
    measure('readsMs', 'read');
  }
  return row;
}

/** The longest time between two successes of a kind, from the last one before the fault on. */
function longestStall({ from, to }: Failover, attempts: Attempt[], kind: Kind): number {
  const successes = attempts
    .filter(({ what, status }) => what === kind && typeof status === 'number' && status < 300)
    .map(({ at, ms }) => at + ms)
    .toSorted((a, b) => a - b);
  const before = successes.findLast((at) => at < from) ?? from;
  const during = successes.filter((at) => at >= before && at <= to + marginMs);
  // Without a success at the end, it lasted to the end.
  const moments = during.some((at) => at > from) ? during : [before, to];
  return Math.max(0, ...moments.slice(1).map((at, index) => at - moments[index]!));
}
