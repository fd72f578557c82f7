export { cacheDir } from './binaries/provision.js';
export { natsBinary } from './binaries/server-binaries.js';
export { localStores, type Mains, runLocalStack } from './local-stack.js';
export { type MongodSet, startMongod, startMongodSet, startStandaloneMongod } from './servers/mongod.js';
export { startNats } from './servers/nats.js';
export { type RedisCluster, startRedis, startRedisCluster } from './servers/redis.js';
export type { Server, ServerOptions } from './servers/server.js';
