import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { until } from './client.js';
import { freePort } from './process.js';
import type { RealtimeServer } from './realtime-stage.js';

const binaries = resolve(import.meta.dirname, '../../shared/bin');
const packed = join(binaries, 'sockudo.xz');
const packedLimit = 512 * 1024 * 1024;
const app = { id: 'app-id', key: 'app-key', secret: 'app-secret' };

/** The limits of Pusher Channels, which sockudo leaves open where they are not set. */
const limits = `
max_channel_name_length = 164
max_event_name_length = 200
max_event_channels_at_once = 100
max_event_payload_in_kb = 10
max_event_batch_size = 10`;

/** Why sockudo cannot run here; undefined where it can. */
export async function sockudoIsMissing(): Promise<string | undefined> {
  if (!existsSync(packed)) return `${packed} is not there`;
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'it is built for Linux x64';
  const xz = promisify(execFile)('xz', ['--version']);
  return xz.then(
    () => undefined,
    () => 'xz is not installed',
  );
}

/** The binary, unpacked once for all servers of a suite. */
export class SockudoBinary {
  private constructor(private readonly directory: string) {}

  static async unpack(): Promise<SockudoBinary> {
    const directory = await mkdtemp(join(tmpdir(), 'goalpost-sockudo-'));
    const options = { encoding: 'buffer', maxBuffer: packedLimit } as const;
    const { stdout } = await promisify(execFile)('xz', ['-dc', packed], options);
    await writeFile(join(directory, 'sockudo'), stdout, { mode: 0o755 });
    return new SockudoBinary(directory);
  }

  /** Starts a server on this port, else on a free one; resolves once it answers. */
  async start(port?: number): Promise<RealtimeServer> {
    const chosen = port ?? (await freePort());
    const workdir = await mkdtemp(join(this.directory, 'server-'));
    const given = await readFile(join(binaries, 'sockudo-config.toml'), 'utf8');
    const config = given
      .replace(/^port = \d+$/m, `port = ${chosen}`)
      .replace('[app_manager.array.apps.policy.limits]', (heading) => heading + limits);
    await mkdir(join(workdir, 'config'));
    await writeFile(join(workdir, 'config/config.toml'), config);
    const child = spawn(join(this.directory, 'sockudo'), [], { cwd: workdir, stdio: 'ignore' });
    const exit = once(child, 'exit');
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`sockudo ended with ${child.exitCode}`);
      return fetch(`http://127.0.0.1:${chosen}/`).then(
        () => true,
        () => false,
      );
    });
    const stop = async () => {
      child.kill('SIGTERM');
      await exit;
    };
    return { host: '127.0.0.1', port: chosen, app, stop };
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true });
  }
}
