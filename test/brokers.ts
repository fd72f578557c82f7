import { startRedis } from '#local-stack';
import { type ClientOptions, Transport } from '@nestjs/microservices';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { natsIsMissing, TestNats } from './nats-server.js';
import { listenToNats, listenToRedis, type RawTraffic } from './raw-traffic.js';

/** A real broker of a test's own, so that no other test hears what passes there. */
export interface TestBroker {
  port: number;
  stop: () => Promise<void>;
}

/** A kind of broker: how to start one, and how goalpost and another Nest service reach what listens on a port. */
export interface BrokerKind {
  start: () => Promise<TestBroker>;
  url: (port: number) => string;
  transport: (port: number) => ClientOptions;
  listen: (port: number) => Promise<RawTraffic>;
}

/** A Valkey on a directory of its own. */
export async function startValkey(): Promise<TestBroker> {
  const dataDir = await mkdtemp(join(tmpdir(), 'goalpost-broker-'));
  const server = await startRedis({ dataDir });
  const stop = async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { port: server.port, stop };
}

const nats = {
  url: (port: number) => `nats://127.0.0.1:${port}`,
  transport: (port: number): ClientOptions => ({
    transport: Transport.NATS,
    options: { servers: `127.0.0.1:${port}` },
  }),
  listen: listenToNats,
};

/** Every kind of broker that can be had here. */
export const brokerKinds: Record<string, BrokerKind> = {
  Valkey: {
    start: startValkey,
    url: (port) => `redis://127.0.0.1:${port}`,
    transport: (port) => ({ transport: Transport.REDIS, options: { host: '127.0.0.1', port } }),
    listen: listenToRedis,
  },
  ...(!natsIsMissing() && {
    'NATS with JetStream': { ...nats, start: () => TestNats.start({ flags: ['--jetstream'] }) },
    'NATS without JetStream': { ...nats, start: () => TestNats.start() },
  }),
};
