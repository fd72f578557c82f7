import { join } from 'node:path';
import { Redis } from 'ioredis';
import { redisBinary } from '../binaries/server-binaries.js';
import { freePort, LOOPBACK } from '../processes/ports.js';
import { until } from '../processes/until.js';
import { flags, startServer, type Server, type ServerOptions } from './server.js';

const SLOTS = 16_384;
const PRIMARIES = 3;
/** After this silence the other nodes count a node as down. */
const NODE_TIMEOUT_MS = 1_000;
const CLUSTER_READY_WITHIN_MS = 30_000;

/** A Redis Cluster of local processes. Without replicas, the slots of a stopped node are missing until it is back. */
export interface RedisCluster {
  /** In the form of REDIS_URL. */
  url: string;
  /** The primaries in the order of their slots; then, if they were asked for, the replica of each. */
  nodes: Server[];
  /** Starts a node again, on its data and its port. */
  restart(index: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a Redis-compatible server on the data directory, append-only file on, and resolves once it serves. */
export async function startRedis(
  options: ServerOptions & { settings?: Record<string, string | number> },
): Promise<Server> {
  return startServer(
    {
      name: 'redis',
      command: await redisBinary(options),
      args: (dir, port) =>
        flags({
          dir,
          bind: LOOPBACK,
          port,
          appendonly: 'yes',
          save: '',
          daemonize: 'no',
          ...options.settings,
        }),
      url: (port) => `redis://${LOOPBACK}:${port}`,
      isReady: answersPing,
      stopWithinMs: 2_000,
    },
    options,
  );
}

/** Starts three primaries, divides the slots among them, and resolves once all nodes agree on the cluster. */
export async function startRedisCluster({
  replicas = false,
  ...options
}: Omit<ServerOptions, 'port'> & { replicas?: boolean }): Promise<RedisCluster> {
  const startNode = async (index: number, port: number) =>
    startRedis({
      ...options,
      dataDir: join(options.dataDir, `node-${index}`),
      port,
      settings: {
        'cluster-enabled': 'yes',
        // The default is the node's port plus ten thousand, which can be out of range.
        'cluster-port': await freePort(),
        'cluster-node-timeout': NODE_TIMEOUT_MS,
      },
    });
  const nodes: Server[] = [];
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    const count = replicas ? 2 * PRIMARIES : PRIMARIES;
    for (let index = 0; index < count; index++) nodes.push(await startNode(index, await freePort()));
    await formCluster(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `${LOOPBACK}:${port}`).join(',')}`,
    nodes,
    async restart(index) {
      nodes[index] = await startNode(index, nodes[index]!.port);
    },
    stop,
  };
}

async function formCluster(nodes: Server[]): Promise<void> {
  const clients = nodes.map(({ port }) => new Redis(port, LOOPBACK));
  const untilAll = (check: (client: Redis) => Promise<boolean>, what: string) =>
    until(async () => (await Promise.all(clients.map(check))).every(Boolean), {
      what,
      withinMs: CLUSTER_READY_WITHIN_MS,
    });
  try {
    for (const [index, client] of clients.entries()) {
      const firstSlot = (of: number) => Math.floor((SLOTS * of) / PRIMARIES);
      if (index < PRIMARIES)
        await client.cluster('ADDSLOTSRANGE', firstSlot(index), firstSlot(index + 1) - 1);
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
      const [, bus = ''] = (await client.config('GET', 'cluster-port')) as string[];
      if (index > 0) await clients[0]!.call('CLUSTER', 'MEET', LOOPBACK, nodes[index]!.port, bus);
    }
    await untilAll(async (client) => {
      const info = await client.cluster('INFO');
      return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes.length}`);
    }, 'the nodes of the cluster to know each other');
    for (const [index, replica] of clients.entries()) {
      if (index < PRIMARIES) continue;
      await replica.call('CLUSTER', 'REPLICATE', await clients[index - PRIMARIES]!.cluster('MYID'));
    }
    await untilAll(async (client) => {
      const info = await client.info('replication');
      return info.includes('role:master') || info.includes('master_link_status:up');
    }, 'the replicas to be in sync');
  } finally {
    for (const client of clients) client.disconnect();
  }
}

async function answersPing(port: number): Promise<boolean> {
  const client = new Redis(port, LOOPBACK, { lazyConnect: true, retryStrategy: () => null });
  // Refused connections are expected here, and without a listener ioredis prints each of them.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } finally {
    client.disconnect();
  }
}
