import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { until } from './client.js';

const binaries = resolve(import.meta.dirname, '../../shared/bin');
const packed = join(binaries, 'sockudo.xz');

/** Whether a real Pusher-protocol server lies beside this checkout, for this platform. */
export const sockudoIsHere = existsSync(packed) && process.platform === 'linux' && process.arch === 'x64';

/** The app that its configuration names. */
export const sockudoApp = { appId: 'app-id', key: 'app-key', secret: 'app-secret' };

/** Sockudo, a server of the Pusher protocol, as a child process on loopback. */
export class Sockudo {
  private constructor(
    readonly port: number,
    private readonly directory: string,
    private readonly child: ChildProcess,
  ) {}

  /** Unpacks and starts it, and waits until it answers. */
  static async start(): Promise<Sockudo> {
    const directory = await mkdtemp(join(tmpdir(), 'goalpost-sockudo-'));
    try {
      const { stdout } = await promisify(execFile)('xz', ['-dc', packed], {
        encoding: 'buffer',
        maxBuffer: 512 * 1024 * 1024,
      });
      const binary = join(directory, 'sockudo');
      await writeFile(binary, stdout);
      await chmod(binary, 0o755);
      const port = await freePort();
      const config = await readFile(join(binaries, 'sockudo-config.toml'), 'utf8');
      await mkdir(join(directory, 'config'));
      await writeFile(
        join(directory, 'config', 'config.toml'),
        config.replace(/^port = \d+$/m, `port = ${port}`),
      );
      const child = spawn(binary, [], { cwd: directory, stdio: 'ignore' });
      const server = new Sockudo(port, directory, child);
      await until(() => server.answers(), 20_000);
      return server;
    } catch (error) {
      await rm(directory, { recursive: true });
      throw error;
    }
  }

  /** The variables with which goalpost sends here. */
  get env(): NodeJS.ProcessEnv {
    return {
      PUSHER_APP_ID: sockudoApp.appId,
      PUSHER_KEY: sockudoApp.key,
      PUSHER_SECRET: sockudoApp.secret,
      PUSHER_HOST: '127.0.0.1',
      PUSHER_PORT: String(this.port),
    };
  }

  /** Ends the process that was started here and removes what was unpacked. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      const late = setTimeout(() => this.child.kill('SIGKILL'), 5_000);
      await gone;
      clearTimeout(late);
    }
    await rm(this.directory, { recursive: true });
  }

  private async answers(): Promise<boolean> {
    if (this.child.exitCode !== null) throw new Error(`sockudo ended with ${this.child.exitCode}`);
    return fetch(`http://127.0.0.1:${this.port}/`).then(
      () => true,
      () => false,
    );
  }
}

/** A port that nobody listens on at this moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (typeof address !== 'object' || !address) throw new Error('no port is free');
  return address.port;
}
