import type { AcceptedGoal } from '../load/creates.js';

/** How long after the end of a fault things went well again, the longest of all its times. */
export interface Recovery {
  /** To the first goal that was accepted. */
  firstAcceptedMs: number;
  /** To the answer of the last request that the fault had held up. */
  lastAnsweredMs: number;
}

/** Measures it from the ends of the faults and the goals that were accepted. */
export function recovery(ends: number[], accepted: AcceptedGoal[]): Recovery {
  const longest = (measure: (end: number) => number) => Math.max(0, ...ends.map(measure));
  return {
    firstAcceptedMs: longest((end) => {
      const after = accepted.map(({ acceptedAt }) => acceptedAt).filter((at) => at > end);
      // Where the clients had no place left to fill, nothing can be said.
      return after.length > 0 ? Math.min(...after) - end : 0;
    }),
    lastAnsweredMs: longest((end) =>
      Math.max(
        0,
        ...accepted.filter(({ firstSentAt }) => firstSentAt < end).map(({ acceptedAt }) => acceptedAt - end),
      ),
    ),
  };
}
