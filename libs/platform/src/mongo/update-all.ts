import { type Collection, mongo } from 'mongoose';

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
    if (!(error instanceof mongo.MongoBulkWriteError) || error.result.getWriteConcernError()) throw error;
    for (const { index, errmsg = '' } of [error.writeErrors].flat()) faults[index] = new Error(errmsg);
  }
  return faults;
}
