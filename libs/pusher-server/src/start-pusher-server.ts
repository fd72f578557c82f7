import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { listener, urlOf } from './http/listener.js';
import { limits } from './limits.js';
import { LiveApp } from './live-app.js';
import { defaultTimings, type PusherServerOptions } from './options.js';
import { accept } from './socket/accept.js';

/** How long a client may take to say goodbye. */
const closeTimeoutMs = 1000;

/** A constant, as the types of ws do not know closeTimeout yet. */
const socketOptions = { noServer: true, maxPayload: limits.frameBytes, closeTimeout: closeTimeoutMs };

/** A running server. */
export interface PusherServer {
  port: number;
  /** Of the HTTP API; the WebSocket is on the same port. */
  url: string;
  /** Sends the clients away so that they come back soon, and stops within two seconds. */
  stop(): Promise<void>;
}

/** Starts a server of the Pusher protocol on loopback, for development and tests; resolves once it listens. */
export async function startPusherServer(options: PusherServerOptions): Promise<PusherServer> {
  const timings = { ...defaultTimings, ...options };
  const apps = ('apps' in options ? options.apps : [options.app]).map((app) => new LiveApp(app));
  const http = createServer((request, response) => void listener(request, response, apps));
  const sockets = new WebSocketServer(socketOptions);
  http.on('upgrade', (request, socket, head) => {
    const url = urlOf(request);
    if (!url) socket.destroy();
    else sockets.handleUpgrade(request, socket, head, (webSocket) => accept(webSocket, url, apps, timings));
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
  const late = setTimeout(() => http.closeAllConnections(), closeTimeoutMs);
  await closed;
  clearTimeout(late);
}
