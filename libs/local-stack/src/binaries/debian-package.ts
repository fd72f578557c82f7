import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.js';
import type { BinarySource } from './source.js';

const withinMs = 120_000;

/** A package of a Debian system as a source: apt fetches it and checks it; it is unpacked, and nothing is installed. */
export function fromDebian({ name, program }: { name: string; program: string }): BinarySource {
  return {
    title: `the Debian package ${name}`,
    remedy: 'it needs a Debian or Ubuntu, root, and a package archive that answers',
    cacheName: `${name}-debian`,
    async download(dir, signal) {
      if (process.getuid?.() !== 0) throw new Error('only root may ask apt for new lists');
      const patience = AbortSignal.timeout(withinMs);
      const either = signal ? AbortSignal.any([signal, patience]) : patience;
      await runCommand('apt-get', ['update', '-qq'], either);
      // apt writes into the directory that it runs in.
      await runCommand('sh', ['-c', 'cd "$0" && apt-get download -qq "$1"', dir, name], either);
      const archive = (await readdir(dir)).find((file) => file.endsWith('.deb'));
      if (!archive) throw new Error('apt fetched nothing');
      await runCommand('dpkg-deb', ['-x', join(dir, archive), join(dir, 'package')], either);
      return join(dir, 'package', program);
    },
  };
}
