import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** Stands between a client and a server of this machine, and can harm what passes: cut it, delay it, swallow it. */
export class TcpProxy {
  private readonly server: Server = createServer((client) => this.join(client));
  private readonly sockets = new Set<Socket>();
  private delayMs = 0;
  private passable: Promise<void> = Promise.resolve();
  private answerable: Promise<void> = Promise.resolve();
  private isolated?: (clientPort: number) => boolean;
  private rejoined: Promise<void> = Promise.resolve();
  private open: () => void = () => undefined;
  private rejoin: () => void = () => undefined;
  private ownPort = 0;

  private constructor(private readonly targetPort: number) {}

  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    await proxy.listen(0);
    return proxy;
  }

  get port(): number {
    return this.ownPort;
  }

  /** Breaks all connections and refuses new ones. */
  async cut(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.breakAll();
    await closed;
  }

  /** Takes connections again after a cut. */
  async mend(): Promise<void> {
    await this.listen(this.ownPort);
  }

  /** Breaks the connections there are; new ones may be made at once. */
  breakAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Holds everything back for so long, in either direction. */
  delay(ms: number): void {
    this.delayMs = ms;
  }

  /** Takes connections and bytes and passes nothing on, as a network does that drops packets. */
  silence(): void {
    this.passable = new Promise((resolve) => (this.open = resolve));
  }

  /** Passes on what clients say and holds back all answers. */
  muffle(): void {
    this.answerable = new Promise((resolve) => (this.open = resolve));
  }

  /** Passes on what was held back, and all that comes. */
  unsilence(): void {
    this.open();
    this.passable = this.answerable = Promise.resolve();
  }

  /** Holds back what comes from some clients, or is sent to them; each is known by its port. */
  isolate(clients: (clientPort: number) => boolean): void {
    this.isolated = clients;
    this.rejoined = new Promise((resolve) => (this.rejoin = resolve));
  }

  /** Passes on what was held back by `isolate`, as a network does that sends lost packets again. */
  reunite(): void {
    this.isolated = undefined;
    this.rejoin();
  }

  async stop(): Promise<void> {
    this.unsilence();
    this.reunite();
    if (this.server.listening) await this.cut();
  }

  private async listen(port: number): Promise<void> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    this.ownPort = (this.server.address() as AddressInfo).port;
  }

  private join(client: Socket): void {
    const server = connect(this.targetPort, '127.0.0.1');
    const clientPort = client.remotePort!;
    const joined = () => (this.isolated?.(clientPort) ? this.rejoined : undefined);
    this.pass(client, server, () => Promise.all([this.passable, joined()]));
    this.pass(server, client, () => Promise.all([this.passable, this.answerable, joined()]));
  }

  private pass(from: Socket, to: Socket, allowed: () => Promise<unknown>): void {
    this.sockets.add(from);
    from.setNoDelay(true);
    from.on('error', () => undefined);
    from.once('close', () => {
      this.sockets.delete(from);
      to.destroy();
    });
    let last = Promise.resolve();
    from.on('data', (chunk) => {
      const due = Date.now() + this.delayMs;
      last = last.then(async () => {
        await allowed();
        const ms = due - Date.now();
        if (ms > 0) await wait(ms);
        if (!to.destroyed) to.write(chunk);
      });
    });
  }
}
