import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** The address everything of the local stack listens on: nothing of it is meant for the network. */
export const LOOPBACK = '127.0.0.1';

async function listenOnce(port: number): Promise<number> {
  const server = createServer().listen(port, LOOPBACK);
  await once(server, 'listening');
  const taken = (server.address() as AddressInfo).port;
  server.close();
  await once(server, 'close');
  return taken;
}

/** A port that nobody listens on right now. */
export function freePort(): Promise<number> {
  return listenOnce(0);
}

/** Whether a server could listen on this port; a port this user may not open counts as taken. */
export async function isPortFree(port: number): Promise<boolean> {
  return listenOnce(port).then(
    () => true,
    () => false,
  );
}
