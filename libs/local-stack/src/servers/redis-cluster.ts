import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort, LOOPBACK } from '../processes/ports.js';
import { until } from '../processes/until.js';
import { startRedis } from './redis.js';
import type { Server, ServerOptions } from './server.js';

const SLOTS = 16_384;
const PRIMARIES = 3;
/** How long a node is silent before the others call it down. */
const NODE_TIMEOUT_MS = 1_000;
const READY_WITHIN_MS = 30_000;

/** A Redis Cluster of local processes. Without replicas a node that is gone takes its slots along until it is back. */
export interface RedisCluster {
  /** In the form of REDIS_URL. */
  url: string;
  /** The primaries in the order of their slots; then, where they have been asked for, the replica of each. */
  nodes: Server[];
  /** Starts a node again, on its data and its port. */
  restart(index: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts three primaries, deals the slots out among them, and answers once all nodes say that the cluster is whole. */
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
        // Left to itself a node takes its port and ten thousand for the others to reach it, which may be no port at all.
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
    await meet(nodes);
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

async function meet(nodes: Server[]): Promise<void> {
  const clients = nodes.map(({ port }) => new Redis(port, LOOPBACK));
  const all = (check: (client: Redis) => Promise<boolean>, what: string) =>
    until(async () => (await Promise.all(clients.map(check))).every(Boolean), {
      what,
      withinMs: READY_WITHIN_MS,
    });
  try {
    for (const [index, client] of clients.entries()) {
      const slot = (of: number) => Math.floor((SLOTS * of) / PRIMARIES);
      if (index < PRIMARIES) await client.cluster('ADDSLOTSRANGE', slot(index), slot(index + 1) - 1);
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
      const [, bus = ''] = (await client.config('GET', 'cluster-port')) as string[];
      if (index > 0) await clients[0]!.call('CLUSTER', 'MEET', LOOPBACK, nodes[index]!.port, bus);
    }
    await all((client) => isWhole(client, nodes.length), 'the nodes of the cluster to know each other');
    for (const [index, replica] of clients.entries()) {
      if (index < PRIMARIES) continue;
      await replica.call('CLUSTER', 'REPLICATE', await clients[index - PRIMARIES]!.cluster('MYID'));
    }
    await all(isInStep, 'the replicas to be in step');
  } finally {
    for (const client of clients) client.disconnect();
  }
}

async function isWhole(client: Redis, nodes: number): Promise<boolean> {
  const info = await client.cluster('INFO');
  return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes}`);
}

async function isInStep(client: Redis): Promise<boolean> {
  const info = await client.info('replication');
  return info.includes('role:master') || info.includes('master_link_status:up');
}
