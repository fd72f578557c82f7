import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { until } from './client.js';
import { environmentOf, freePort } from './process.js';
import type { TestService } from './service.js';

/** An api or a worker as a process of its own whose whole log is read. */
export class LoggingProcess {
  private text = '';

  private constructor(private readonly child: ChildProcessByStdio<null, Readable, Readable>) {
    for (const output of [child.stdout, child.stderr])
      output.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
  }

  static async start(app: 'api' | 'worker', service: TestService, env: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, [`dist/apps/${app}/src/main.js`], {
      env: { ...environmentOf(service), LOG_LEVEL: 'trace', PORT: String(await freePort()), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new LoggingProcess(child);
  }

  /** Settles with its exit code when it has ended. */
  get exit(): Promise<number | null> {
    const { exitCode } = this.child;
    if (exitCode !== null) return Promise.resolve(exitCode);
    return (once(this.child, 'close') as Promise<[number | null]>).then(([code]) => code);
  }

  get log(): string {
    return this.text;
  }

  /** Waits until all of these stand in the log. */
  async says(...words: string[]): Promise<void> {
    await until(async () => words.every((word) => this.text.includes(word)), 20_000);
  }

  timesSaid(word: string): number {
    return this.text.split(word).length - 1;
  }

  /** Stops it in order; resolves to its exit code. */
  async stop(): Promise<number | null> {
    const exit = once(this.child, 'exit') as Promise<[number | null]>;
    this.child.kill('SIGTERM');
    return (await exit)[0];
  }
}
