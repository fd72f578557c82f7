import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { answerHttp, urlOf } from './http/api.js';
import { LiveApp } from './live-app.js';
import { limits, type PusherApp } from './protocol.js';
import { acceptSocket, defaultTimings, type Timings } from './socket/accept-socket.js';

/** One app or several, on this port or on a free one. */
export type PusherServerOptions = { port?: number } & Partial<Timings> &
  ({ app: PusherApp } | { apps: PusherApp[] });

/** A running server. */
export interface PusherServer {
  port: number;
  /** The url of the HTTP API; the WebSocket is on the same port. */
  url: string;
  /** Closes all connections such that clients reconnect soon, and stops within two seconds. */
  stop(): Promise<void>;
}

const CLOSE_TIMEOUT_MS = 1000;
// A constant, because the types of ws do not declare closeTimeout yet.
const socketOptions = { noServer: true, maxPayload: limits.frameBytes, closeTimeout: CLOSE_TIMEOUT_MS };

/** Starts a server of the Pusher protocol on loopback, for development and tests; resolves once it listens. */
export async function startPusherServer(options: PusherServerOptions): Promise<PusherServer> {
  const timings = { ...defaultTimings, ...options };
  const apps = ('apps' in options ? options.apps : [options.app]).map((app) => new LiveApp(app));
  const http = createServer((request, response) => void answerHttp(request, response, apps));
  const sockets = new WebSocketServer(socketOptions);
  http.on('upgrade', (request, socket, head) => {
    const url = urlOf(request);
    if (!url) socket.destroy();
    else
      sockets.handleUpgrade(request, socket, head, (webSocket) =>
        acceptSocket(webSocket, url, apps, timings),
      );
  });
  http.listen(options.port ?? 0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}`, stop: () => stop(http, apps) };
}

async function stop(http: Server, apps: LiveApp[]): Promise<void> {
  if (!http.listening) return;
  const closed = once(http, 'close');
  http.close();
  http.closeIdleConnections();
  for (const { connections } of apps) for (const connection of connections) connection.goAway();
  const force = setTimeout(() => http.closeAllConnections(), CLOSE_TIMEOUT_MS);
  await closed;
  clearTimeout(force);
}
