import { Cluster, type Command, Redis, type RedisOptions } from 'ioredis';
import { readClusterUrl } from './cluster-url.js';

/** How often a client of a cluster asks which node has which keys, so that it learns of new nodes without a detour. */
const slotsEveryMs = 5_000;

/**
 * Opens a connection to the server that a URL names, or to every node of its cluster. A cluster takes the same commands,
 * as long as the keys of one command, script or MULTI are of one slot, so both have the type of the former.
 */
export function openRedis(url: string, options: RedisOptions): Redis {
  const cluster = readClusterUrl(url);
  if (!cluster) return new Redis(url, options);
  const { nodes, ...access } = cluster;
  const { lazyConnect, enableAutoPipelining, retryStrategy, commandTimeout, ...ofNodes } = options;
  return new BoundedCluster(
    nodes,
    {
      lazyConnect,
      enableAutoPipelining,
      ...(retryStrategy && { clusterRetryStrategy: (times: number) => retryStrategy(times) }),
      slotsRefreshInterval: slotsEveryMs,
      // A cluster that lacks a node says so to each command, which is sooner known than a connection that never gets ready.
      enableReadyCheck: false,
      redisOptions: { ...ofNodes, ...access },
    },
    commandTimeout,
  ) as unknown as Redis;
}

/** Bounds a command as a whole: ioredis begins to count at a node, and not at all while it knows of none. */
class BoundedCluster extends Cluster {
  private isLeft = false;

  constructor(
    nodes: ConstructorParameters<typeof Cluster>[0],
    options: ConstructorParameters<typeof Cluster>[1],
    private readonly commandTimeout: number | undefined,
  ) {
    super(nodes, options);
  }

  override disconnect(reconnect = false): void {
    this.isLeft = !reconnect;
    super.disconnect(reconnect);
  }

  /** A look at the slots that is under way when the cluster is left would call for the next one, and that without end. */
  override refreshSlotsCache(callback?: (error?: Error | null) => void): void {
    super.refreshSlotsCache(callback && ((error) => !this.isLeft && callback(error)));
  }

  override sendCommand(command: Command, ...where: never[]): unknown {
    if (this.commandTimeout !== undefined) command.setTimeout(this.commandTimeout);
    const answer = super.sendCommand(command, ...where);
    // Bull gives its connections names and waits for none of that: a process that stops while they open must not die of it.
    return command.name === 'client' ? (answer as Promise<unknown>).catch(() => undefined) : answer;
  }
}
