import { type Collection, type Document, mongo, type Types } from 'mongoose';
import type { BatchLimits, BatchOutcome } from '../batching/batcher.js';

// A call of the driver whose connection closes right before it is written never ends; without a limit it would block all others.
// One to a primary that was cut off ends only when that steps down, well after the others have elected a new one.
const holdMs = 1_000;

/** Limits of writes that share a call to MongoDB. A caller without an outcome in time retries, so writes must be repeatable. */
export const batchOfWrites: BatchLimits = { size: 200, timeoutMs: 10_000, holdMs, gatherMs: 8 };

/** Limits of reads that share a call to MongoDB. */
export const batchOfReads: BatchLimits = { size: 200, timeoutMs: 2_000, holdMs, gatherMs: 6 };

/** Reads documents by id in one call: in order, null if there is none. Callers with the same id share one document. */
export async function findByIds<Found extends { _id: Types.ObjectId }>(
  collection: Collection,
  ids: Types.ObjectId[],
): Promise<BatchOutcome<Found | null>[]> {
  const found = (await collection.find({ _id: { $in: ids } }).toArray()) as unknown as Found[];
  const byId = new Map(found.map((document) => [document._id.toHexString(), document]));
  return ids.map((id) => ({ value: byId.get(id.toHexString()) ?? null }));
}

/** Inserts documents in one call. The outcome of each is whether it is new; one whose id exists stays as it is. */
export async function insertAll(
  collection: Collection,
  documents: { _id: unknown }[],
): Promise<BatchOutcome<boolean>[]> {
  const outcomes: BatchOutcome<boolean>[] = documents.map(() => ({ value: true }));
  try {
    await collection.insertMany(documents as Document[], { ordered: false });
  } catch (error) {
    for (const { code, index, errmsg = '' } of writeErrorsOf(error)) {
      const isKnown = code === duplicateKey && / index: _id_ /.test(errmsg);
      outcomes[index] = isKnown ? { value: false } : { error: new Error(errmsg) };
    }
  }
  return outcomes;
}

/** MongoDB otherwise weighs all indexes of the collection for each update, which costs as much as the update itself. */
const byId = { _id: 1 };

/** An update of one document. */
export interface UpdateOne {
  /** Names the document by its `_id`, and says what else has to hold. */
  filter: object;
  update: object;
}

/** The outcome of updates that were made in one call. */
export interface UpdateOutcome {
  /** The error of each update that the server refused. */
  faults: (Error | undefined)[];
  /** Whether every update found its document. */
  allMatched: boolean;
}

/** Makes updates in one call, in any order. */
export async function updateAll(collection: Collection, updates: UpdateOne[]): Promise<UpdateOutcome> {
  const faults: (Error | undefined)[] = updates.map(() => undefined);
  try {
    const { matchedCount } = await collection.bulkWrite(
      updates.map((updateOne) => ({ updateOne: { ...updateOne, hint: byId } })),
      { ordered: false },
    );
    return { faults, allMatched: matchedCount === updates.length };
  } catch (error) {
    for (const { index, errmsg = '' } of writeErrorsOf(error)) faults[index] = new Error(errmsg);
    return { faults, allMatched: false };
  }
}

/** The server's error code for a duplicate key. */
const duplicateKey = 11000;

/** Whether a write was refused because a unique key already exists. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === duplicateKey;
}

/**
 * The errors of single items of an unordered bulk write. Any other failure is rethrown: the driver also wraps a broken
 * connection into a MongoBulkWriteError, but without errors of items, and then nothing is known to be written.
 */
function writeErrorsOf(error: unknown): mongo.WriteError[] {
  if (!(error instanceof mongo.MongoBulkWriteError) || error.result.getWriteConcernError()) throw error;
  const writeErrors = [error.writeErrors].flat();
  if (writeErrors.length === 0) throw error;
  return writeErrors;
}

/** Reads the documents of a cursor in batches of this size. */
export async function* inBatches<Item>(documents: AsyncIterable<Item>, size: number): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const document of documents) {
    batch.push(document);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
