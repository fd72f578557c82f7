import { startMongod, startRedis } from '#local-stack';
import type { ServiceProcess } from './service-process.js';
import { Stage, type StoreUrls } from './stage.js';
import { Store } from './store.js';
import { TcpProxy } from './tcp-proxy.js';

/** One mongod and one Valkey, and the ways to them. */
export class SingleStage extends Stage {
  mongod: Store;
  valkey: Store;
  /** The services reach Valkey by this; mongod only if a fault asks for it, see `mongoByProxy`. */
  toMongod: TcpProxy;
  toValkey: TcpProxy;
  private isByProxy = false;
  private rivals: ServiceProcess[] = [];

  /** Another worker on the same stores. */
  async startRival(name: string): Promise<void> {
    this.rivals.push(await this.process('worker', name));
  }

  async endRivals(): Promise<void> {
    await Promise.all(this.rivals.map((rival) => rival.end('SIGTERM')));
    this.rivals = [];
  }

  /** Ends api and worker in order and starts them with the way to mongod led through the proxy, or past it. */
  async mongoByProxy(isByProxy: boolean): Promise<void> {
    this.isByProxy = isByProxy;
    await Promise.all([this.api.end('SIGTERM'), this.worker.end('SIGTERM')]);
    await this.startServices();
  }

  protected async startStores(): Promise<void> {
    this.mongod = await Store.start(startMongod, this.dataDir);
    this.valkey = await Store.start(startRedis, this.dataDir);
    this.toMongod = await TcpProxy.start(this.mongod.port);
    this.toValkey = await TcpProxy.start(this.valkey.port);
  }

  protected async stopStores(): Promise<void> {
    await Promise.all([this.toMongod?.stop(), this.toValkey?.stop()]);
    await Promise.all([this.mongod?.stop(), this.valkey?.stop()]);
  }

  protected urls(): StoreUrls {
    return {
      services: {
        MONGO_URL: this.isByProxy
          ? `mongodb://127.0.0.1:${this.toMongod.port}/goalpost?directConnection=true`
          : this.mongod.url,
        REDIS_URL: `redis://127.0.0.1:${this.toValkey.port}`,
      },
      suite: { mongo: this.mongod.url, redis: this.valkey.url },
    };
  }
}
