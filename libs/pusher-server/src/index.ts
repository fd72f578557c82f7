export type { PusherApp, PusherServerOptions } from './options.js';
export { type PusherServer, startPusherServer } from './start-pusher-server.js';
