/** Some nodes of a Redis Cluster, which know the others, and how to get in. */
export interface ClusterAddress {
  nodes: { host: string; port: number }[];
  username?: string;
  password?: string;
  tls?: object;
}

const form = /^redis(s?)\+cluster:\/\/(?:([^:@/]*):([^@/]*)@)?([^@/?#]+)\/?$/;
const node = /^(\[[0-9a-f:]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i;

/**
 * Reads `redis+cluster://user:password@host:port,host:port`, or `rediss+cluster://` for TLS. Returns undefined where the
 * URL is no such one, and throws where it does not hold.
 */
export function readClusterUrl(url: string): ClusterAddress | undefined {
  if (!/^rediss?\+cluster:/.test(url)) return undefined;
  const [, secure, username, password, hosts = ''] = form.exec(url) ?? [];
  const nodes = hosts.split(',').map((one) => {
    const [, host, port = '6379'] = node.exec(one) ?? [];
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
