import { mongodBinary } from '../binaries/mongod-binary.js';
import { freePort, LOOPBACK } from '../processes/ports.js';
import { flags } from './flags.js';
import { isPrimary, REPLICA_SET } from './replica-set.js';
import { startServer, type Server, type ServerOptions } from './server.js';

const DEFAULT_CACHE_GB = 0.25;
const OPLOG_MB = 256;
const STOP_WITHIN_MS = 3_000;

/**
 * Starts a mongod on the data directory, a one-node replica set, and answers once it is writable.
 * Its url works for any client, whatever port the same data were served on before.
 */
export async function startMongod(options: ServerOptions & { cacheGb?: number }): Promise<Server> {
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
          replSet: REPLICA_SET,
          wiredTigerCacheSizeGB: options.cacheGb ?? DEFAULT_CACHE_GB,
          oplogSize: OPLOG_MB,
          nounixsocket: true,
          quiet: true,
          // A process that is killed inside a transaction holds its goal no longer than this many seconds.
          setParameter: ['transactionLifetimeLimitSeconds=5', 'diagnosticDataCollectionEnabled=false'],
        }),
      isReady: () => isPrimary(port),
      stopWithinMs: STOP_WITHIN_MS,
    },
    options,
  );
  return { ...child, port, url: `mongodb://${LOOPBACK}:${port}/goalpost?replicaSet=${REPLICA_SET}` };
}
