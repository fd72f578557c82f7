import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const LOG_EVERY_MS = 3_000;

/** A place that a server program can be downloaded from. */
export interface DownloadSource {
  /** Its name in progress lines and errors. */
  title: string;
  /** What to do when this source fails. */
  remedy: string;
  /** The file name in the cache. It holds the version, so that a new version is a new file. */
  cacheName: string;
  /** Downloads the program into the directory and returns its path. */
  download(dir: string, signal?: AbortSignal): Promise<string>;
}

/** A server program: its names on PATH, and where else it comes from. */
export interface ServerBinary {
  title: string;
  namesOnPath: string[];
  /** The variable that names a running server to use instead, if there is one. */
  variable?: string;
  sources: DownloadSource[];
}

/** Reports progress, and cancels. */
export interface ProvisionOptions {
  onLog?: (line: string) => void;
  signal?: AbortSignal;
}

/** Returns the path of a server program: on PATH, else cached, else from the first source that has it. */
export async function provision(binary: ServerBinary, options: ProvisionOptions = {}): Promise<string> {
  const { title, namesOnPath, variable, sources } = binary;
  const found = (await findOnPath(namesOnPath)) ?? (await firstCached(sources));
  if (found) return found;
  const failures = [
    `PATH: has no ${namesOnPath.join(' or ')}; install one${variable ? `, or set ${variable} to a running server` : ''}`,
  ];
  for (const source of sources) {
    try {
      return await download(title, source, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      const why = error instanceof Error ? error.message : String(error);
      options.onLog?.(`${title}: not from ${source.title}: ${why.split('\n')[0]}`);
      failures.push(`${source.title}: ${why}; ${source.remedy}`);
    }
  }
  throw new Error(`found no ${title}:\n${failures.map((line) => `  - ${line}`).join('\n')}`);
}

/** The directory that keeps downloaded servers between runs; all clones of one user share it. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const root = env.GOALPOST_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'goalpost');
  return join(root, `${process.platform}-${process.arch}`);
}

/** The first of these programs found on PATH. */
export async function findOnPath(
  names: string[],
  path = process.env.PATH ?? '',
): Promise<string | undefined> {
  return firstExecutable(
    names.flatMap((name) =>
      path
        .split(delimiter)
        .filter(Boolean)
        .map((dir) => join(dir, name)),
    ),
  );
}

/** Runs a program to its end and returns its output; if it fails, the error holds its last line on stderr. */
export async function runCommand(
  command: string,
  args: string[],
  signal?: AbortSignal,
  env?: NodeJS.ProcessEnv,
): Promise<string> {
  try {
    return (await execute(command, args, { signal, env })).stdout;
  } catch (error) {
    signal?.throwIfAborted();
    const failure = error as NodeJS.ErrnoException & { stderr?: string };
    if (failure.code === 'ENOENT') throw new Error(`there is no ${command} on PATH`, { cause: error });
    const lastLine = failure.stderr?.trim().split('\n').at(-1);
    throw new Error(lastLine || failure.message, { cause: error });
  }
}

function firstCached(sources: DownloadSource[]): Promise<string | undefined> {
  return firstExecutable(sources.map(({ cacheName }) => join(cacheDir(), cacheName)));
}

async function firstExecutable(paths: string[]): Promise<string | undefined> {
  for (const path of paths) {
    const isExecutable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isExecutable) return path;
  }
  return undefined;
}

async function download(title: string, source: DownloadSource, options: ProvisionOptions): Promise<string> {
  const { onLog, signal } = options;
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  onLog?.(`${title}: downloading from ${source.title} (once, then cached)`);
  let target = '';
  const report = async () => {
    const megabytes = ((await bytesIn(target)) / 1e6).toFixed(1);
    onLog?.(`${title}: ${megabytes} MB after ${seconds()} s`);
  };
  const progress = setInterval(() => void report(), LOG_EVERY_MS);
  try {
    return await addToCache(source.cacheName, async (dir) => {
      target = dir;
      const program = await source.download(dir, signal);
      // A program that this system cannot run (a library is missing, say) must not get into the cache.
      await runCommand(program, ['--version'], signal);
      return program;
    });
  } finally {
    clearInterval(progress);
  }
}

/** The size of all files below a directory; those that vanish meanwhile do not count. */
export async function bytesIn(dir: string): Promise<number> {
  const files = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = files
    .filter((file) => file.isFile())
    .map((file) =>
      stat(join(file.parentPath, file.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Downloads into a directory of its own and renames the result, so that no other run sees half a file. */
async function addToCache(name: string, produce: (dir: string) => Promise<string>): Promise<string> {
  await mkdir(cacheDir(), { recursive: true });
  const workDir = await mkdtemp(join(cacheDir(), 'download-'));
  try {
    const program = await produce(workDir);
    await chmod(program, 0o755);
    const path = join(cacheDir(), name);
    await rename(program, path);
    return path;
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}
