import { ReplicaSet } from './replica-set.js';
import { Stage, type StoreUrls } from './stage.js';
import { ValkeyCluster } from './valkey-cluster.js';

/** A replica set of three, and a Valkey Cluster whose nodes have a replica each. */
export class ReplicatedStage extends Stage {
  set: ReplicaSet;
  cluster: ValkeyCluster;

  protected async startStores(): Promise<void> {
    this.set = await ReplicaSet.start(this.dataDir);
    this.cluster = await ValkeyCluster.start(this.dataDir);
  }

  protected async stopStores(): Promise<void> {
    await Promise.all([this.set?.stop(), this.cluster?.stop()]);
  }

  protected urls(): StoreUrls {
    return {
      services: { MONGO_URL: this.set.url, REDIS_URL: this.cluster.url },
      suite: { mongo: this.set.url, redis: this.cluster.url },
    };
  }
}
