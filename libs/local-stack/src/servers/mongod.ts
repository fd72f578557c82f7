import { join } from 'node:path';
import { mongodBinary } from '../binaries/mongod-binary.js';
import { freePort, LOOPBACK } from '../processes/ports.js';
import { flags } from './flags.js';
import { answersHello, initiateSet, isPrimary, REPLICA_SET } from './replica-set.js';
import { startServer, type Server, type ServerOptions } from './server.js';

const DEFAULT_CACHE_GB = 0.25;
const OPLOG_MB = 256;
const STOP_WITHIN_MS = 3_000;

/** What a caller may choose about a mongod. */
export interface MongodOptions extends ServerOptions {
  cacheGb?: number;
  /** Server parameters, each as `name=value`. */
  parameters?: string[];
}

/** A replica set of local processes. */
export interface MongodSet {
  url: string;
  nodes: Server[];
  stop(): Promise<void>;
}

/**
 * Starts a mongod on the data directory, a one-node replica set, and answers once it is writable.
 * Its url works for any client, whatever port the same data were served on before.
 */
export async function startMongod(options: MongodOptions): Promise<Server> {
  const server = await startNode(options, { replSet: REPLICA_SET }, isPrimary);
  return { ...server, url: `${server.url}?replicaSet=${REPLICA_SET}` };
}

/** Starts a mongod that belongs to no replica set, as one does that is started without any settings. */
export function startStandaloneMongod(options: MongodOptions): Promise<Server> {
  return startNode(options, {}, answersHello);
}

/** Starts a replica set of three, and answers once one is its primary and the others follow. */
export async function startMongodSet({
  electionTimeoutMs,
  ...options
}: Omit<MongodOptions, 'port'> & { electionTimeoutMs: number }): Promise<MongodSet> {
  const nodes: Server[] = [];
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    for (let index = 0; index < 3; index++) {
      const dataDir = join(options.dataDir, `node-${index}`);
      nodes.push(await startNode({ ...options, dataDir }, { replSet: REPLICA_SET }, answersHello));
    }
    await initiateSet(
      nodes.map(({ port }) => port),
      electionTimeoutMs,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  const hosts = nodes.map(({ port }) => `${LOOPBACK}:${port}`).join(',');
  return { url: `mongodb://${hosts}/goalpost?replicaSet=${REPLICA_SET}`, nodes, stop };
}

async function startNode(
  options: MongodOptions,
  settings: { replSet?: string },
  isReady: (port: number) => Promise<boolean>,
): Promise<Server> {
  const command = await mongodBinary(options);
  const port = options.port ?? (await freePort());
  const child = await startServer(
    {
      name: 'mongod',
      command,
      args: (dir) =>
        flags({
          dbpath: dir,
          bind_ip: LOOPBACK,
          port,
          ...settings,
          wiredTigerCacheSizeGB: options.cacheGb ?? DEFAULT_CACHE_GB,
          oplogSize: OPLOG_MB,
          nounixsocket: true,
          quiet: true,
          // A process that is killed inside a transaction holds its goal no longer than this many seconds.
          setParameter: [
            'transactionLifetimeLimitSeconds=5',
            'diagnosticDataCollectionEnabled=false',
            ...(options.parameters ?? []),
          ],
        }),
      isReady: () => isReady(port),
      stopWithinMs: STOP_WITHIN_MS,
    },
    options,
  );
  return { ...child, port, url: `mongodb://${LOOPBACK}:${port}/goalpost` };
}
