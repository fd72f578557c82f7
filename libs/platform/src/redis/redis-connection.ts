import { Logger } from '@nestjs/common';
import { Cluster, type Command, Redis, type RedisOptions } from 'ioredis';

/** Some nodes of a Redis Cluster, which know the others, and the credentials. */
export interface ClusterAddress {
  nodes: { host: string; port: number }[];
  username?: string;
  password?: string;
  tls?: object;
}

const clusterUrlForm = /^redis(s?)\+cluster:\/\/(?:([^:@/]*):([^@/]*)@)?([^@/?#]+)\/?$/;
const nodeForm = /^(\[[0-9a-f:]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i;

/**
 * Reads `redis+cluster://user:password@host:port,host:port`, or `rediss+cluster://` for TLS. Returns undefined for
 * any other URL; throws if it is invalid.
 */
export function readClusterUrl(url: string): ClusterAddress | undefined {
  if (!/^rediss?\+cluster:/.test(url)) return undefined;
  const [, secure, username, password, hosts = ''] = clusterUrlForm.exec(url) ?? [];
  const nodes = hosts.split(',').map((one) => {
    const [, host, port = '6379'] = nodeForm.exec(one) ?? [];
    // What is wrong may be a password, so it is not repeated.
    if (!host || Number(port) > 65_535) throw new Error('needs to be redis+cluster://host:port,host:port');
    return { host: host.replaceAll(/[[\]]/g, ''), port: Number(port) };
  });
  return {
    nodes,
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(secure && { tls: {} }),
  };
}

/** The hosts of a REDIS_URL, without credentials. */
export function redisHosts(url: string): string {
  const cluster = readClusterUrl(url);
  return cluster ? cluster.nodes.map(({ host, port }) => `${host}:${port}`).join(',') : new URL(url).host;
}

/** How often a cluster client refreshes its map of slots, so that it learns of new nodes without redirections. */
const slotsEveryMs = 5_000;

/**
 * Opens a connection to the server of a URL, or to every node of its cluster. A cluster takes the same commands if the keys
 * of one command, script or MULTI share a slot, so both have the same type.
 */
export function openRedis(url: string, options: RedisOptions): Redis {
  const cluster = readClusterUrl(url);
  if (!cluster) return new Redis(url, options);
  const { nodes, ...access } = cluster;
  const { lazyConnect, enableAutoPipelining: _, retryStrategy, commandTimeout, ...ofNodes } = options;
  return new BoundedCluster(
    nodes,
    {
      lazyConnect,
      // A pipeline with keys of several slots does not follow them to the replica that has taken over: it fails with MOVED.
      enableAutoPipelining: false,
      ...(retryStrategy && { clusterRetryStrategy: (times: number) => retryStrategy(times) }),
      slotsRefreshInterval: slotsEveryMs,
      // The default replaces names by addresses, which seldom stand in a certificate.
      ...(access.tls && { dnsLookup: (host, callback) => callback(null, host) }),
      // A cluster without one of its nodes refuses each command, which is noticed sooner than a connection that never gets ready.
      enableReadyCheck: false,
      redisOptions: { ...ofNodes, ...access },
    },
    commandTimeout,
  ) as unknown as Redis;
}

/** Limits the time of a whole command: ioredis starts its timeout at a node, so not at all while it knows none. */
class BoundedCluster extends Cluster {
  private isClosed = false;

  constructor(
    nodes: ConstructorParameters<typeof Cluster>[0],
    options: ConstructorParameters<typeof Cluster>[1],
    private readonly commandTimeout: number | undefined,
  ) {
    super(nodes, options);
  }

  override disconnect(reconnect = false): void {
    this.isClosed = !reconnect;
    super.disconnect(reconnect);
  }

  /** A refresh that is running at a disconnect would otherwise start the next one, without end. */
  override refreshSlotsCache(callback?: (error?: Error | null) => void): void {
    super.refreshSlotsCache(callback && ((error) => !this.isClosed && callback(error)));
  }

  override sendCommand(command: Command, ...where: never[]): unknown {
    if (this.commandTimeout !== undefined) command.setTimeout(this.commandTimeout);
    const answer = super.sendCommand(command, ...where);
    // Bull names its connections and ignores the reply; if it fails while the process stops, that must not kill the process.
    return command.name === 'client' ? (answer as Promise<unknown>).catch(() => undefined) : answer;
  }
}

/** A connection that fails fast: a command without a reply within 1.2 seconds is an outage. */
export const failFast: RedisOptions = {
  maxRetriesPerRequest: null,
  enableReadyCheck: false,
  enableAutoPipelining: true,
  commandTimeout: 1200,
};

/**
 * A server that replies this does not store the scripts it was sent, but ioredis remembers them as sent per connection: in a
 * MULTI, which Bull uses for failed attempts, such a script is then missing for good. A new connection starts afresh.
 */
const needsReconnect = /^(LOADING|MASTERDOWN|READONLY|EXECABORT) /;

/** How Redis answers a connection without a password, with a wrong one, and a user that may not use goalpost's keys. */
export const refusesUser = /^(NOAUTH|WRONGPASS|NOPERM)\b/;

/**
 * Opens a connection that logs once when it is lost and once when it is back. Of one `isProbed`, RedisProbe says that it cannot be
 * reached yet, or that it refuses the user.
 */
export function connectRedis(
  url: string,
  options: RedisOptions,
  { isProbed = false }: { isProbed?: boolean } = {},
): Redis {
  const logger = new Logger('Redis');
  const redis = openRedis(url, {
    ...options,
    // If the connection breaks during the client info handshake, ioredis stops its retries for good.
    disableClientInfo: true,
    reconnectOnError: ({ message }) => needsReconnect.test(message),
    retryStrategy: (times) => Math.min(times * 50, 1000),
  });
  let down = false;
  let isQuiet = isProbed;
  redis.on('error', (error: Error) => {
    if (isQuiet || (isProbed && refusesUser.test(error.message))) return;
    if (!down) logger.error(`Redis is out of reach: ${error.message}`);
    down = true;
  });
  redis.on('node error', (error: Error, node: string) => logger.warn(`Redis node ${node}: ${error.message}`));
  redis.on('ready', () => {
    if (down) logger.log('Redis is back');
    down = false;
    isQuiet = false;
  });
  return redis;
}
