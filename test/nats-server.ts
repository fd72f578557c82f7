import { type Server, startNats } from '#local-stack';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why there is no NATS server to test with, said once in the file that asks; empty where there is one. */
export function natsIsMissing(): string {
  const why = process.env.TEST_NATS_MISSING ?? 'run the tests by: npm test';
  if (why) console.warn(`Skipped: no NATS server: ${why}`);
  return why;
}

interface NatsOptions {
  port?: number;
  flags?: string[];
}

/** A real nats-server on a directory of its own: killed and started again it has the same data and the same port. */
export class TestNats {
  private constructor(
    private readonly dataDir: string,
    private readonly flags: string[],
    private server: Server,
  ) {}

  static async start({ port, flags = [] }: NatsOptions = {}): Promise<TestNats> {
    const dataDir = await mkdtemp(join(tmpdir(), 'goalpost-nats-'));
    return new TestNats(dataDir, flags, await startNats({ dataDir, port, flags }));
  }

  get url(): string {
    return this.server.url;
  }

  get port(): number {
    return this.server.port;
  }

  /** Kills it as a crash does, and waits until it is gone. */
  async kill(): Promise<void> {
    process.kill(this.server.pid, 'SIGKILL');
    await this.server.ended;
  }

  async startAgain(): Promise<void> {
    this.server = await startNats({ dataDir: this.dataDir, port: this.port, flags: this.flags });
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}
