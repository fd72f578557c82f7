import type { Server, ServerOptions } from '#local-stack';

type Start = (options: ServerOptions) => Promise<Server>;

/** A mongod or a Valkey of the suite: killed and started again it has the same data and the same port. */
export class Store {
  private constructor(
    private readonly start: Start,
    private readonly dataDir: string,
    private server: Server,
  ) {}

  static async start(start: Start, dataDir: string): Promise<Store> {
    return new Store(start, dataDir, await start({ dataDir, onLog: console.log }));
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

  /** Starts it on what it left behind, and waits until it serves. */
  async startAgain(): Promise<void> {
    this.server = await this.start({ dataDir: this.dataDir, port: this.port });
  }

  /** Halts the process without ending it: connections stand, and nothing answers. */
  freeze(): void {
    process.kill(this.server.pid, 'SIGSTOP');
  }

  thaw(): void {
    process.kill(this.server.pid, 'SIGCONT');
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}
