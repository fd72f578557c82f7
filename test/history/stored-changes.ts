import { setTimeout as wait } from 'node:timers/promises';
import type { mongo } from 'mongoose';
import { until } from '../client.js';
import type { Recorder } from './recorder.js';

const againAfterMs = 200;
const caughtUpWithinMs = 60_000;
/** Holds the last document of a history, which tells that all before it were seen. */
const endMarks = 'history_end';

/**
 * Records every change of a database from now on, in the order in which a majority has it, however often MongoDB goes away
 * meanwhile.
 */
export async function recordStoredChanges(
  db: mongo.Db,
  recorder: Recorder,
): Promise<{ stop(): Promise<void> }> {
  const stopped = new AbortController();
  let last: unknown;
  let isCaughtUp = false;
  const open = () => db.watch([], last ? { resumeAfter: last } : {});
  let stream = open();
  // A stream begins with its first look.
  const first = await stream.tryNext();
  if (first) record(first, recorder);
  last = stream.resumeToken;
  const follow = async () => {
    while (!stopped.signal.aborted)
      try {
        const change = await stream.next();
        if ('ns' in change && 'coll' in change.ns && change.ns.coll === endMarks) isCaughtUp = true;
        else record(change, recorder);
        last = change._id;
      } catch {
        // It resumes by itself after a short outage alone.
        await stream.close().catch(() => undefined);
        await wait(againAfterMs);
        if (!stopped.signal.aborted) stream = open();
      }
  };
  const following = follow();
  return {
    /** Ends the recording once it has all that is stored by now. */
    async stop() {
      await db.collection(endMarks).insertOne({});
      await until(async () => isCaughtUp, caughtUpWithinMs);
      stopped.abort();
      await stream.close();
      await following;
    },
  };
}

function record(change: mongo.ChangeStreamDocument, recorder: Recorder): void {
  if (!('documentKey' in change) || !('ns' in change)) return;
  const { txnNumber, lsid } = change as { txnNumber?: unknown; lsid?: { id: mongo.Binary } };
  const of = {
    collection: change.ns.coll,
    id: String(change.documentKey._id),
    ...(lsid && { transaction: `${lsid.id.toString('hex')} ${String(txnNumber)}` }),
  };
  if (change.operationType === 'delete') recorder.stored({ ...of, deleted: true });
  if (change.operationType === 'insert' || change.operationType === 'replace')
    recorder.stored({ ...of, document: change.fullDocument });
  if (change.operationType !== 'update') return;
  const { updatedFields = {}, removedFields = [], truncatedArrays = [] } = change.updateDescription;
  recorder.stored({
    ...of,
    set: {
      ...updatedFields,
      ...Object.fromEntries(truncatedArrays.map(({ field, newSize }) => [`${field}.length`, newSize])),
    },
    unset: removedFields,
  });
}
