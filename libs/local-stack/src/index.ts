export type { Mains } from './bring-up.js';
export { runLocalStack } from './local-stack.js';
export { startMongod } from './servers/mongod.js';
export { startRedis } from './servers/redis.js';
export type { Server, ServerOptions } from './servers/server.js';
