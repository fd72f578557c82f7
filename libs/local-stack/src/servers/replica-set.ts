import { mongo } from 'mongoose';
import { LOOPBACK } from '../processes/ports.js';
import { until } from '../processes/until.js';

/** The name of the replica set; transactions and change streams need a set, not many nodes. */
export const REPLICA_SET = 'rs0';

const NOT_YET_INITIALIZED = 94;
const SELECT_WITHIN_MS = 1_000;
const READY_WITHIN_MS = 30_000;

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
export function isPrimary(port: number): Promise<boolean> {
  return asAdmin(port, (admin) => stepTowardsPrimary(admin, hostOf(port)));
}

/** Whether a mongod answers under this port, whatever it is a member of. */
export function answersHello(port: number): Promise<boolean> {
  return asAdmin(port, async (admin) => (await admin.command({ hello: 1 })).ok === 1);
}

/** Makes one set of the nodes under these ports, and waits until it has a primary and the others follow it. */
export async function initiateSet(ports: number[], electionTimeoutMillis: number): Promise<void> {
  await asAdmin(ports[0]!, (admin) =>
    admin.command({
      replSetInitiate: {
        _id: REPLICA_SET,
        members: ports.map((port, _id) => ({ _id, host: hostOf(port) })),
        settings: { electionTimeoutMillis },
      },
    }),
  );
  const roles = () => Promise.all(ports.map((port) => asAdmin(port, (admin) => admin.command({ hello: 1 }))));
  await until(
    async () => {
      const all = await roles();
      return (
        all.some(({ isWritablePrimary }) => isWritablePrimary) &&
        all.every(({ isWritablePrimary, secondary }) => isWritablePrimary || secondary)
      );
    },
    { what: 'the replica set to have a primary', withinMs: READY_WITHIN_MS },
  );
}

const hostOf = (port: number) => `${LOOPBACK}:${port}`;

async function asAdmin<Result>(port: number, work: (admin: mongo.Admin) => Promise<Result>): Promise<Result> {
  const client = new mongo.MongoClient(`mongodb://${hostOf(port)}/?directConnection=true`, {
    serverSelectionTimeoutMS: SELECT_WITHIN_MS,
  });
  try {
    return await work(client.db().admin());
  } finally {
    await client.close();
  }
}
