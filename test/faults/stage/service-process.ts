import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { until } from '../../client.js';

/** What a process of the service is, and where it writes. */
export interface ServiceOptions {
  app: 'api' | 'worker';
  port: number;
  env: NodeJS.ProcessEnv;
  logFile: string;
  /** Called if the process ends though nobody asked it to. */
  onUnexpectedEnd: (what: string) => void;
}

/** An api or a worker of the built code as a process of its own; started anew it has the same port. */
export class ServiceProcess {
  readonly url: string;
  private child: ChildProcess;
  private log: FileHandle;
  private isToEnd = false;

  constructor(private readonly options: ServiceOptions) {
    this.url = `http://127.0.0.1:${options.port}`;
  }

  /** Starts it and waits until it is ready. */
  async start(): Promise<this> {
    const { app, port, env, logFile, onUnexpectedEnd } = this.options;
    this.isToEnd = false;
    this.log = await open(logFile, 'a');
    const child = spawn(process.execPath, ['--enable-source-maps', `dist/apps/${app}/src/main.js`], {
      env: { PATH: process.env.PATH, ...env, PORT: String(port) },
      stdio: ['ignore', this.log.fd, this.log.fd],
    });
    child.once('exit', (code, signal) => {
      if (!this.isToEnd) onUnexpectedEnd(`the ${app} ended by itself with ${signal ?? code}`);
    });
    this.child = child;
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`the ${app} ended with ${child.exitCode}, see ${logFile}`);
      return (await fetch(`${this.url}/health/ready`).catch(() => undefined))?.ok;
    }, 30_000);
    return this;
  }

  /** Sends a signal that ends it and waits for the end; returns the exit code, null where the signal ended it. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    this.isToEnd = true;
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      child.kill('SIGCONT');
      child.kill(signal);
      await exit;
    }
    await this.log.close().catch(() => undefined);
    return child.exitCode;
  }

  /** Halts the process without ending it, as a machine does that is out of memory or moved. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }
}
