import { fromDebian } from './debian-package.js';
import { fromGo } from './go-install.js';
import { provision } from './provision.js';
import type { Provisioning } from './source.js';

/** The path of a nats-server. */
export function natsBinary(provisioning?: Provisioning): Promise<string> {
  return provision(
    {
      title: 'nats-server',
      namesOnPath: ['nats-server'],
      sources: [
        fromGo({ pkg: 'github.com/nats-io/nats-server/v2', version: 'v2.12.15' }),
        fromDebian({ name: 'nats-server', program: 'usr/sbin/nats-server' }),
      ],
    },
    provisioning,
  );
}
