import type { BatchLimits } from '../batching/batcher.js';

// A call of the driver (7.8) whose connection closes right before it is written never ends; it would hold up all behind it.

/** Limits of writes that share a call to MongoDB. Who gets no outcome in time tries again, so they may be repeated. */
export const batchOfWrites: BatchLimits = { size: 200, withinMs: 10_000, gatherMs: 8 };

/** Limits of reads that share a call to MongoDB. */
export const batchOfReads: BatchLimits = { size: 200, withinMs: 2_000, gatherMs: 6 };
