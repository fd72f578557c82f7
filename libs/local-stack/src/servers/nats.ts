import { once } from 'node:events';
import { connect } from 'node:net';
import { natsBinary } from '../binaries/nats-binary.js';
import { freePort, LOOPBACK } from '../processes/ports.js';
import { startServer, type Server, type ServerOptions } from './server.js';

const STOP_WITHIN_MS = 2_000;

/** A server greets each client with its INFO. */
async function greets(port: number): Promise<boolean> {
  const socket = connect(port, LOOPBACK);
  try {
    const [greeting] = (await once(socket, 'data')) as [Buffer];
    return greeting.toString().startsWith('INFO');
  } finally {
    socket.destroy();
  }
}

/** Starts a NATS server, with JetStream or whatever else the flags ask for, and answers once it serves. */
export async function startNats(options: ServerOptions & { flags?: string[] }): Promise<Server> {
  const command = await natsBinary(options);
  const port = options.port ?? (await freePort());
  const child = await startServer(
    {
      name: 'nats',
      command,
      args: (dir) => ['-a', LOOPBACK, '-p', String(port), '-sd', dir, ...(options.flags ?? [])],
      isReady: () => greets(port),
      stopWithinMs: STOP_WITHIN_MS,
    },
    options,
  );
  return { ...child, port, url: `nats://${LOOPBACK}:${port}` };
}
