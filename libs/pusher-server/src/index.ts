export type { PusherApp } from './protocol.js';
export { type PusherServer, type PusherServerOptions, startPusherServer } from './pusher-server.js';
