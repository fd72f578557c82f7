import type { Collection } from 'mongoose';
import { writeErrorsOf } from './write-errors.js';

/** A change of one document. */
export interface UpdateOne {
  filter: object;
  update: object;
}

/** What became of changes that were made in one call. */
export interface UpdateOutcome {
  /** For each of them the error with which the server refused it. */
  faults: (Error | undefined)[];
  /** Whether each of them found its document. */
  allMatched: boolean;
}

/** Makes changes in one call, in any order. */
export async function updateAll(collection: Collection, updates: UpdateOne[]): Promise<UpdateOutcome> {
  const faults: (Error | undefined)[] = updates.map(() => undefined);
  try {
    const { matchedCount } = await collection.bulkWrite(
      updates.map((updateOne) => ({ updateOne })),
      { ordered: false },
    );
    return { faults, allMatched: matchedCount === updates.length };
  } catch (error) {
    for (const { index, errmsg = '' } of writeErrorsOf(error)) faults[index] = new Error(errmsg);
    return { faults, allMatched: false };
  }
}
