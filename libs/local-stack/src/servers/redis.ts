import { Redis } from 'ioredis';
import { redisBinary } from '../binaries/redis-binary.js';
import { freePort, LOOPBACK } from '../processes/ports.js';
import { flags } from './flags.js';
import { startServer, type Server, type ServerOptions } from './server.js';

const STOP_WITHIN_MS = 2_000;

async function answersPing(port: number): Promise<boolean> {
  const client = new Redis(port, LOOPBACK, { lazyConnect: true, retryStrategy: () => null });
  // Without a listener ioredis prints every refused connection, and refusals are what is expected here.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } finally {
    client.disconnect();
  }
}

/** Starts a Redis-compatible server on the data directory, append-only file on, and answers once it serves. */
export async function startRedis(
  options: ServerOptions & { settings?: Record<string, string | number> },
): Promise<Server> {
  const command = await redisBinary(options);
  const port = options.port ?? (await freePort());
  const child = await startServer(
    {
      name: 'redis',
      command,
      args: (dir) =>
        flags({
          dir,
          bind: LOOPBACK,
          port,
          appendonly: 'yes',
          save: '',
          daemonize: 'no',
          ...options.settings,
        }),
      isReady: () => answersPing(port),
      stopWithinMs: STOP_WITHIN_MS,
    },
    options,
  );
  return { ...child, port, url: `redis://${LOOPBACK}:${port}` };
}
