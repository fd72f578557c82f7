import { mongo } from 'mongoose';
import { LOOPBACK } from '../processes/ports.js';

/** The name of the one-node replica set; transactions and change streams need a set, not many nodes. */
export const REPLICA_SET = 'rs0';

const NOT_YET_INITIALIZED = 94;
const SELECT_WITHIN_MS = 1_000;

interface ReplicaSetConfig {
  version: number;
  members: { _id: number; host: string }[];
}

async function currentConfig(admin: mongo.Admin): Promise<ReplicaSetConfig | undefined> {
  try {
    return (await admin.command({ replSetGetConfig: 1 })).config as ReplicaSetConfig;
  } catch (error) {
    if (error instanceof mongo.MongoServerError && error.code === NOT_YET_INITIALIZED) return undefined;
    throw error;
  }
}

async function stepTowardsPrimary(admin: mongo.Admin, host: string): Promise<boolean> {
  const hello = await admin.command({ hello: 1 });
  if (hello.isWritablePrimary === true && hello.me === host) return true;
  const config = await currentConfig(admin);
  if (!config) {
    await admin.command({ replSetInitiate: { _id: REPLICA_SET, members: [{ _id: 0, host }] } });
  } else if (config.members[0]?.host !== host) {
    // The data were last served on another port: only a forced reconfiguration lets the node be a member again.
    const moved = { ...config, version: config.version + 1, members: [{ _id: 0, host }] };
    await admin.command({ replSetReconfig: moved, force: true });
  }
  return false;
}

/** Brings the node one step closer to being its set's writable primary under this port; true once it is. */
export async function isPrimary(port: number): Promise<boolean> {
  const host = `${LOOPBACK}:${port}`;
  const client = new mongo.MongoClient(`mongodb://${host}/?directConnection=true`, {
    serverSelectionTimeoutMS: SELECT_WITHIN_MS,
  });
  try {
    return await stepTowardsPrimary(client.db().admin(), host);
  } finally {
    await client.close();
  }
}
