import { join } from 'node:path';
import { mongo } from 'mongoose';
import { mongodBinary } from '../binaries/server-binaries.js';
import { LOOPBACK } from '../processes/ports.js';
import { until } from '../processes/until.js';
import { flags, startServer, type Server, type ServerOptions } from './server.js';

/** Transactions and change streams need a replica set, if only of one node. */
const REPLICA_SET = 'rs0';
const NOT_YET_INITIALIZED = 94;
const DEFAULT_CACHE_GB = 0.25;
const OPLOG_MB = 256;
const STOP_WITHIN_MS = 3_000;
const SET_READY_WITHIN_MS = 30_000;
const SELECT_TIMEOUT_MS = 1_000;

/** What a caller may choose about a mongod. */
export interface MongodOptions extends ServerOptions {
  cacheGb?: number;
  /** Server parameters, each as `name=value`. */
  parameters?: string[];
  /** Further flags. */
  settings?: Record<string, string>;
}

/** A replica set of local processes. */
export interface MongodSet {
  url: string;
  nodes: Server[];
  /** Starts a node again, on its data and its port. */
  restart(index: number): Promise<void>;
  stop(): Promise<void>;
}

/** How the members of a replica set find and watch each other. */
export interface MongodSetOptions extends Omit<MongodOptions, 'port'> {
  electionTimeoutMs: number;
  /** How often a member asks another one how it is; the default of mongod is two seconds. */
  heartbeatMs?: number;
  /** How long a new primary looks for writes that it lacks, before it takes any; by default until it knows of all members. */
  catchUpMs?: number;
  /** The port at which clients and other members reach a node; its own port if absent. */
  portTo?: (node: Server) => Promise<number>;
}

/**
 * Starts a mongod on the data directory as a one-node replica set, and resolves once it is writable.
 * Its url works for any client, whatever port served the same data before.
 */
export async function startMongod(options: MongodOptions): Promise<Server> {
  const server = await startNode(options, { replSet: REPLICA_SET }, becomesPrimary);
  return { ...server, url: `${server.url}?replicaSet=${REPLICA_SET}` };
}

/** Starts a mongod that belongs to no replica set, as it does without any settings. */
export function startStandaloneMongod(options: MongodOptions): Promise<Server> {
  return startNode(options, {}, answersHello);
}

/** Starts a replica set of three, and resolves once one is its primary and the others follow. */
export async function startMongodSet({
  electionTimeoutMs,
  heartbeatMs,
  catchUpMs,
  portTo = async ({ port }) => port,
  ...options
}: MongodSetOptions): Promise<MongodSet> {
  const nodes: Server[] = [];
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  const start = (index: number, port?: number) => {
    const dataDir = join(options.dataDir, `node-${index}`);
    return startNode({ ...options, dataDir, port }, { replSet: REPLICA_SET }, answersHello);
  };
  try {
    for (let index = 0; index < 3; index++) nodes.push(await start(index));
    const hosts = (await Promise.all(nodes.map(portTo))).map(hostOf);
    await initiateSet(nodes, hosts, {
      electionTimeoutMillis: electionTimeoutMs,
      ...(heartbeatMs && { heartbeatIntervalMillis: heartbeatMs }),
      ...(catchUpMs && { catchUpTimeoutMillis: catchUpMs }),
    });
    return {
      url: `mongodb://${hosts.join(',')}/goalpost?replicaSet=${REPLICA_SET}`,
      nodes,
      async restart(index) {
        nodes[index] = await start(index, nodes[index]!.port);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startNode(
  options: MongodOptions,
  settings: { replSet?: string },
  isReady: (port: number) => Promise<boolean>,
): Promise<Server> {
  return startServer(
    {
      name: 'mongod',
      command: await mongodBinary(options),
      args: (dir, port) =>
        flags({
          dbpath: dir,
          bind_ip: LOOPBACK,
          port,
          ...settings,
          ...options.settings,
          wiredTigerCacheSizeGB: options.cacheGb ?? DEFAULT_CACHE_GB,
          oplogSize: OPLOG_MB,
          nounixsocket: true,
          quiet: true,
          // If a process is killed inside a transaction, its goal stays locked for no longer than this.
          setParameter: [
            'transactionLifetimeLimitSeconds=5',
            'diagnosticDataCollectionEnabled=false',
            ...(options.parameters ?? []),
          ],
        }),
      url: (port) => `mongodb://${hostOf(port)}/goalpost`,
      isReady,
      stopWithinMs: STOP_WITHIN_MS,
    },
    options,
  );
}

/** Brings a node one step closer to being the primary of its one-node set; true once it is. */
function becomesPrimary(port: number): Promise<boolean> {
  return withAdmin(port, async (admin) => {
    const host = hostOf(port);
    const hello = await admin.command({ hello: 1 });
    if (hello.isWritablePrimary === true && hello.me === host) return true;
    const config = await currentConfig(admin);
    if (!config) {
      await admin.command({ replSetInitiate: { _id: REPLICA_SET, members: [{ _id: 0, host }] } });
    } else if (config.members[0]?.host !== host) {
      // Another port served this data before: only a forced reconfiguration makes the node a member again.
      const moved = { ...config, version: config.version + 1, members: [{ _id: 0, host }] };
      await admin.command({ replSetReconfig: moved, force: true });
    }
    return false;
  });
}

async function currentConfig(
  admin: mongo.Admin,
): Promise<{ version: number; members: { _id: number; host: string }[] } | undefined> {
  try {
    return (await admin.command({ replSetGetConfig: 1 })).config;
  } catch (error) {
    if (error instanceof mongo.MongoServerError && error.code === NOT_YET_INITIALIZED) return undefined;
    throw error;
  }
}

function answersHello(port: number): Promise<boolean> {
  return withAdmin(port, async (admin) => (await admin.command({ hello: 1 })).ok === 1);
}

async function initiateSet(nodes: Server[], hosts: string[], settings: object): Promise<void> {
  const members = hosts.map((host, _id) => ({ _id, host }));
  await withAdmin(nodes[0]!.port, (admin) =>
    admin.command({ replSetInitiate: { _id: REPLICA_SET, members, settings } }),
  );
  await until(
    async () => {
      const hellos = await Promise.all(
        nodes.map(({ port }) => withAdmin(port, (admin) => admin.command({ hello: 1 }))),
      );
      return (
        hellos.some(({ isWritablePrimary }) => isWritablePrimary) &&
        hellos.every(({ isWritablePrimary, secondary }) => isWritablePrimary || secondary)
      );
    },
    { what: 'the replica set to have a primary', withinMs: SET_READY_WITHIN_MS },
  );
}

function hostOf(port: number): string {
  return `${LOOPBACK}:${port}`;
}

async function withAdmin<Result>(
  port: number,
  work: (admin: mongo.Admin) => Promise<Result>,
): Promise<Result> {
  const client = new mongo.MongoClient(`mongodb://${hostOf(port)}/?directConnection=true`, {
    serverSelectionTimeoutMS: SELECT_TIMEOUT_MS,
  });
  try {
    return await work(client.db().admin());
  } finally {
    await client.close();
  }
}
