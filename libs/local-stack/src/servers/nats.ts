import { once } from 'node:events';
import { connect } from 'node:net';
import { natsBinary } from '../binaries/server-binaries.js';
import { LOOPBACK } from '../processes/ports.js';
import { startServer, type Server, type ServerOptions } from './server.js';

/** Starts a NATS server, with JetStream or whatever else the flags ask for, and resolves once it serves. */
export async function startNats(options: ServerOptions & { flags?: string[] }): Promise<Server> {
  return startServer(
    {
      name: 'nats',
      command: await natsBinary(options),
      args: (dir, port) => ['-a', LOOPBACK, '-p', String(port), '-sd', dir, ...(options.flags ?? [])],
      url: (port) => `nats://${LOOPBACK}:${port}`,
      isReady: sendsInfo,
      stopWithinMs: 2_000,
    },
    options,
  );
}

/** A NATS server sends each new client its INFO. */
async function sendsInfo(port: number): Promise<boolean> {
  const socket = connect(port, LOOPBACK);
  try {
    const [info] = (await once(socket, 'data')) as [Buffer];
    return info.toString().startsWith('INFO');
  } finally {
    socket.destroy();
  }
}
