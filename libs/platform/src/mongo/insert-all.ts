import type { Collection, Document } from 'mongoose';
import type { BatchOutcome } from '../batching/batcher.js';
import { duplicateKey, writeErrorsOf } from './write-errors.js';

/** A document was refused because of a unique index other than that of its id. */
export class UniqueIndexError extends Error {
  override name = 'UniqueIndexError';
}

/**
 * Inserts documents in one call, each with an outcome of its own. One whose id is there already counts as inserted: it is
 * the same document, told again. One that breaks another unique index gets a UniqueIndexError.
 */
export async function insertAll(
  collection: Collection,
  documents: { _id: unknown }[],
): Promise<BatchOutcome<void>[]> {
  const outcomes: BatchOutcome<void>[] = documents.map(() => ({ value: undefined }));
  try {
    await collection.insertMany(documents as Document[], { ordered: false });
  } catch (error) {
    for (const { code, index, errmsg = '' } of writeErrorsOf(error)) {
      if (code === duplicateKey && / index: _id_ /.test(errmsg)) continue;
      outcomes[index] = { error: code === duplicateKey ? new UniqueIndexError(errmsg) : new Error(errmsg) };
    }
  }
  return outcomes;
}
