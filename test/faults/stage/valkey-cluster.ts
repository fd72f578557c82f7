import { join } from 'node:path';
import { type RedisCluster, startRedisCluster } from '#local-stack';
import { Redis } from 'ioredis';
import { until } from '../../client.js';

const takenOverWithinMs = 30_000;
const wholeWithinMs = 60_000;

/** A Valkey Cluster of three primaries, each with a replica. */
export class ValkeyCluster {
  private readonly eyes: Redis[];

  private constructor(private readonly cluster: RedisCluster) {
    this.eyes = cluster.nodes.map(({ port }) => {
      const eye = new Redis(port, '127.0.0.1', {
        commandTimeout: 500,
        maxRetriesPerRequest: 0,
        retryStrategy: () => 100,
      });
      return eye.on('error', () => undefined);
    });
  }

  static async start(dataDir: string): Promise<ValkeyCluster> {
    return new ValkeyCluster(await startRedisCluster({ dataDir: join(dataDir, 'cluster'), replicas: true }));
  }

  get url(): string {
    return this.cluster.url;
  }

  /** The node that has the keys of a slot. */
  async primaryOf(key: string): Promise<number> {
    const found = await until(async () => {
      const node = await this.holder(key, this.all);
      return node !== undefined && { node };
    }, takenOverWithinMs);
    return found.node;
  }

  /** Resolves once another node than the old primary has the keys of a slot, with the time at which it was seen. */
  async successor(old: number, key: string): Promise<number> {
    const others = this.all.filter((node) => node !== old);
    await until(async () => (await this.holder(key, others)) !== undefined, takenOverWithinMs);
    return Date.now();
  }

  /** Resolves once every node is part of a cluster that is well, and every replica follows its primary. */
  async whole(): Promise<void> {
    await until(async () => {
      const well = await Promise.all(
        this.eyes.map(async (eye) => {
          const [cluster, replication] = await Promise.all([eye.cluster('INFO'), eye.info('replication')]);
          const follows = replication.includes('role:master')
            ? replication.includes('connected_slaves:1')
            : replication.includes('master_link_status:up');
          return cluster.includes('cluster_state:ok') && follows;
        }),
      ).catch(() => [false]);
      return well.every(Boolean);
    }, wholeWithinMs);
  }

  async kill(index: number): Promise<void> {
    const node = this.cluster.nodes[index]!;
    process.kill(node.pid, 'SIGKILL');
    await node.ended;
  }

  restart(index: number): Promise<void> {
    return this.cluster.restart(index);
  }

  freeze(index: number): void {
    process.kill(this.cluster.nodes[index]!.pid, 'SIGSTOP');
  }

  thaw(index: number): void {
    process.kill(this.cluster.nodes[index]!.pid, 'SIGCONT');
  }

  /** Has the replica of a primary take over from it in order, as before the primary is stopped for maintenance. */
  async handOver(index: number): Promise<void> {
    const { nodes } = this.cluster;
    const follows = await Promise.all(
      this.eyes.map(async (eye) =>
        (await eye.info('replication')).includes(`master_port:${nodes[index]!.port}`),
      ),
    );
    await this.eyes[follows.indexOf(true)]!.call('CLUSTER', 'FAILOVER');
  }

  async stop(): Promise<void> {
    for (const eye of this.eyes) eye.disconnect();
    await this.cluster.stop();
  }

  private get all(): number[] {
    return this.cluster.nodes.map((_, index) => index);
  }

  /** The node among these that says that it has the keys of a slot, if there is one. */
  private async holder(key: string, among: number[]): Promise<number | undefined> {
    const says = await Promise.all(
      among.map(async (index) => {
        const eye = this.eyes[index]!;
        // A replica answers MOVED, and a primary without a majority CLUSTERDOWN.
        return eye.set(key, 'held').then(
          () => true,
          () => false,
        );
      }),
    );
    return among[says.indexOf(true)];
  }
}
