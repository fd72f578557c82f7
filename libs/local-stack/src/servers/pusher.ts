import { localPusherKeys } from '../data-dir/secret.js';
import type { Child } from '../processes/child.js';
import { startNodeProcess, type NodeProcessOptions } from '../processes/node-process.js';
import { freePort, LOOPBACK } from '../processes/ports.js';

const APP_ID = 'goalpost-local';
// It keeps nothing: its clients are told at once that it goes, and come back by themselves.
const STOP_WITHIN_MS = 1_500;

/** The local Pusher server, and the variables by which others find it. */
export interface PusherProcess {
  child: Child;
  variables: NodeJS.ProcessEnv;
}

/** Starts the local Pusher server on a free port, under the keys of this data directory. */
export async function startPusher(
  options: Pick<NodeProcessOptions, 'main' | 'dataDir' | 'env' | 'onLine' | 'signal'>,
): Promise<PusherProcess> {
  const { key, secret } = await localPusherKeys(options.dataDir);
  const port = await freePort();
  const app = { PUSHER_APP_ID: APP_ID, PUSHER_KEY: key, PUSHER_SECRET: secret };
  const child = await startNodeProcess({
    ...options,
    name: 'pusher',
    port,
    health: '/health',
    env: { ...options.env, ...app },
    stopWithinMs: STOP_WITHIN_MS,
  });
  const place = { PUSHER_HOST: LOOPBACK, PUSHER_PORT: String(port), PUSHER_USE_TLS: 'false' };
  return { child, variables: { ...app, ...place } };
}
