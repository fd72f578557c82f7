export { cacheDir } from './binaries/cache.js';
export type { Mains } from './bring-up.js';
export { runLocalStack } from './local-stack.js';
export { natsBinary } from './binaries/nats-binary.js';
export { type MongodSet, startMongod, startMongodSet, startStandaloneMongod } from './servers/mongod.js';
export { startNats } from './servers/nats.js';
export { startRedis } from './servers/redis.js';
export { type RedisCluster, startRedisCluster } from './servers/redis-cluster.js';
export type { Server, ServerOptions } from './servers/server.js';
