import { join } from 'node:path';
import { startMongodSet, type MongodSet } from '#local-stack';
import { mongo } from 'mongoose';
import { until } from '../../client.js';
import { socketOwner } from './socket-owner.js';
import { TcpProxy } from './tcp-proxy.js';

/** As docs/operations.md recommends them. */
const settings = {
  electionTimeoutMs: 3_000,
  heartbeatMs: 500,
  catchUpMs: 500,
  parameters: ['oplogFetcherSteadyStateMaxFetcherRestarts=0', 'oplogNetworkTimeoutBufferSeconds=1'],
};

const electedWithinMs = 30_000;
const wholeWithinMs = 60_000;

/**
 * A replica set of three local mongods. Its members know each other by the ports of proxies, so that a partition can hold back
 * what members say to each other and pass on what clients say.
 */
export class ReplicaSet {
  private readonly proxies: TcpProxy[] = [];
  private set: MongodSet;
  private readonly eyes: mongo.MongoClient[] = [];

  static async start(dataDir: string): Promise<ReplicaSet> {
    const replicaSet = new ReplicaSet();
    replicaSet.set = await startMongodSet({
      ...settings,
      dataDir: join(dataDir, 'set'),
      portTo: async ({ port }) => {
        const proxy = await TcpProxy.start(port);
        replicaSet.proxies.push(proxy);
        return proxy.port;
      },
    });
    for (const { port } of replicaSet.set.nodes)
      replicaSet.eyes.push(
        new mongo.MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
          serverSelectionTimeoutMS: 500,
          connectTimeoutMS: 500,
          socketTimeoutMS: 1_000,
          heartbeatFrequencyMS: 500,
        }),
      );
    return replicaSet;
  }

  get url(): string {
    return this.set.url;
  }

  /** The member that takes writes. */
  async primary(): Promise<number> {
    const found = await until(async () => {
      const hellos = await Promise.all(this.set.nodes.map((_, member) => this.hello(member)));
      const primary = hellos.findIndex((hello) => hello?.isWritablePrimary);
      return primary >= 0 && { primary };
    }, electedWithinMs);
    return found.primary;
  }

  /** Resolves once another member than the old primary takes writes, with the time at which it was seen. */
  async successor(old: number): Promise<number> {
    const others = this.set.nodes.map((_, member) => member).filter((member) => member !== old);
    await until(async () => {
      const hellos = await Promise.all(others.map((member) => this.hello(member)));
      return hellos.some((hello) => hello?.isWritablePrimary);
    }, electedWithinMs);
    return Date.now();
  }

  /** Resolves once there is one primary and all others follow it. */
  async whole(): Promise<void> {
    await until(async () => {
      const hellos = await Promise.all(this.set.nodes.map((_, member) => this.hello(member)));
      const primaries = hellos.filter((hello) => hello?.isWritablePrimary);
      return primaries.length === 1 && hellos.filter((hello) => hello?.secondary).length === 2;
    }, wholeWithinMs);
  }

  async kill(member: number): Promise<void> {
    const node = this.set.nodes[member]!;
    process.kill(node.pid, 'SIGKILL');
    await node.ended;
  }

  restart(member: number): Promise<void> {
    return this.set.restart(member);
  }

  freeze(member: number): void {
    process.kill(this.set.nodes[member]!.pid, 'SIGSTOP');
  }

  thaw(member: number): void {
    process.kill(this.set.nodes[member]!.pid, 'SIGCONT');
  }

  /** Has the primary hand over to another member, as before it is stopped for maintenance. */
  async stepDown(member: number): Promise<void> {
    await this.eyes[member]!.db('admin').command({ replSetStepDown: 10 });
  }

  /** Cuts a member off from the others; clients reach all of them. */
  isolate(member: number): void {
    const pids = this.set.nodes.map(({ pid }) => pid);
    for (const [target, proxy] of this.proxies.entries()) {
      const known = new Map<number, boolean>();
      proxy.isolate((clientPort) => {
        const isHeld =
          known.get(clientPort) ??
          isBetween(member, target, pids.indexOf(socketOwner(clientPort, proxy.port, pids) ?? -1));
        known.set(clientPort, isHeld);
        return isHeld;
      });
    }
  }

  reunite(): void {
    for (const proxy of this.proxies) proxy.reunite();
  }

  async stop(): Promise<void> {
    await Promise.all(this.eyes.map((eye) => eye.close()));
    await this.set.stop();
    await Promise.all(this.proxies.map((proxy) => proxy.stop()));
  }

  private async hello(member: number): Promise<mongo.Document | undefined> {
    return this.eyes[member]!.db('admin')
      .command({ hello: 1 })
      .catch(() => undefined);
  }
}

/** Whether a connection leads from the isolated member to another one, or from another one to it; `source` is -1 for clients. */
function isBetween(isolated: number, target: number, source: number): boolean {
  return source >= 0 && source !== target && (source === isolated || target === isolated);
}
