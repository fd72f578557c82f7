import type { Collection, Types } from 'mongoose';
import type { BatchOutcome } from '../batching/batcher.js';

/** Reads the documents of these ids in one call: each, in order, or null where there is none. Readers of one id share it. */
export async function findByIds<Document extends { _id: Types.ObjectId }>(
  collection: Collection,
  ids: Types.ObjectId[],
): Promise<BatchOutcome<Document | null>[]> {
  const found = (await collection.find({ _id: { $in: ids } }).toArray()) as unknown as Document[];
  const byId = new Map(found.map((document) => [document._id.toHexString(), document]));
  return ids.map((id) => ({ value: byId.get(id.toHexString()) ?? null }));
}
