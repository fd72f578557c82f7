import type { Collection } from 'mongoose';
import { writeErrorsOf } from './write-errors.js';

/** A change of one document. */
export interface UpdateOne {
  filter: object;
  update: object;
}

/** Makes changes in one call, in any order; answers for each whether the server refused it, and with which error. */
export async function updateAll(
  collection: Collection,
  updates: UpdateOne[],
): Promise<(Error | undefined)[]> {
  const faults: (Error | undefined)[] = updates.map(() => undefined);
  try {
    await collection.bulkWrite(
      updates.map((updateOne) => ({ updateOne })),
      { ordered: false },
    );
  } catch (error) {
    for (const { index, errmsg = '' } of writeErrorsOf(error)) faults[index] = new Error(errmsg);
  }
  return faults;
}
