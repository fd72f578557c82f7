import type { AcceptedGoal } from '../load/creates.js';

/** How long after the end of a fault things went well again, the longest of all its times. */
export interface Recovery {
  /** To the first goal that was accepted; undefined where the clients had no place left to fill. */
  firstAcceptedMs?: number;
  /** To the answer of the last request that the fault had held up. */
  lastAnsweredMs: number;
}

/** Measures it from the ends of the faults and the goals that were accepted. */
export function recovery(ends: number[], accepted: AcceptedGoal[]): Recovery {
  const firsts = ends.map((end) =>
    Math.min(...accepted.map(({ acceptedAt }) => acceptedAt - end).filter((ms) => ms > 0)),
  );
  const lasts = ends.map((end) =>
    Math.max(
      0,
      ...accepted.filter(({ firstSentAt }) => firstSentAt < end).map(({ acceptedAt }) => acceptedAt - end),
    ),
  );
  const first = Math.max(...firsts);
  return {
    firstAcceptedMs: Number.isFinite(first) ? first : undefined,
    lastAnsweredMs: Math.max(0, ...lasts),
  };
}
