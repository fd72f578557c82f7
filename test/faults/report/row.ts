import type { Recovery } from './recovery.js';

/** What one kind of fault did to the service. */
export interface Row extends Recovery {
  fault: string;
  injected: number;
  accepted: number;
  failed: number;
  lost: number;
  duplicated: number;
  repeatedPushes: number;
  /** From the end of the last fault to all goals settled. */
  settledMs: number;
  /** What goes against a promise, in words. */
  faults: string[];
  /** How often which status came. */
  statuses: Record<string, number>;
}

/** Whether the row keeps every promise. */
export const holds = (row: Row): boolean => row.lost === 0 && row.duplicated === 0 && row.faults.length === 0;
