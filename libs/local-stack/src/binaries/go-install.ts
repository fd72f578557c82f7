import { basename, join } from 'node:path';
import { runCommand } from './command.js';
import { findOnPath } from './executable.js';
import type { BinarySource } from './source.js';

const installDir = '/usr/local/go/bin';
const withinMs = 300_000;

/** A Go program as a source: the Go of this machine downloads its modules, checks their sums and compiles it. */
export function fromGo({ pkg, version }: { pkg: string; version: string }): BinarySource {
  const program = basename(pkg.replace(/\/v\d+$/, ''));
  return {
    title: `go install ${pkg}@${version}`,
    remedy: 'it needs a recent Go and a module proxy that answers',
    cacheName: `${program}-${version.slice(1)}`,
    async download(dir, signal) {
      const go = await findOnPath(['go'], `${process.env.PATH}:${installDir}`);
      if (!go) throw new Error('there is no go on PATH');
      const patience = AbortSignal.timeout(withinMs);
      const env = { ...process.env, GOBIN: dir, CGO_ENABLED: '0' };
      const either = signal ? AbortSignal.any([signal, patience]) : patience;
      await runCommand(go, ['install', '-trimpath', `${pkg}@${version}`], either, env);
      return join(dir, program);
    },
  };
}
