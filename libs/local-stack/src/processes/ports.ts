import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** The address that everything of the local stack listens on: nothing of it is meant for the network. */
export const LOOPBACK = '127.0.0.1';

/** Returns a port that nobody listens on right now. */
export function freePort(): Promise<number> {
  return listenOnce(0);
}

/** Whether a server could listen on this port; a port that this user may not open counts as taken. */
export async function isPortFree(port: number): Promise<boolean> {
  return listenOnce(port).then(
    () => true,
    () => false,
  );
}

async function listenOnce(port: number): Promise<number> {
  const server = createServer().listen(port, LOOPBACK);
  await once(server, 'listening');
  const { port: listened } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return listened;
}
