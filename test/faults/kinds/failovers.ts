import { setTimeout as wait } from 'node:timers/promises';
import type { ReplicatedStage } from '../stage/replicated-stage.js';
import { prefix } from '../stage/stage.js';
import type { Fault, FaultTools } from './fault.js';

/** Names the slot of the queues, which have most of the work. */
const queueSlot = `{${prefix}}:held`;

/** How one store loses its primary, gets another one, and is whole again. */
interface Loss<Primary> {
  primary(stage: ReplicatedStage): Promise<Primary>;
  lose(stage: ReplicatedStage, primary: Primary): unknown;
  successor(stage: ReplicatedStage, primary: Primary): Promise<number>;
  restore?(stage: ReplicatedStage, primary: Primary): unknown;
  whole(stage: ReplicatedStage): Promise<void>;
}

/** Members that are back at once would hide how long the others need without them. */
function failover<Primary>(name: string, loss: Loss<Primary>): Fault<ReplicatedStage> {
  return {
    name,
    times: 2,
    async inject({ stage, failovers, ms }: FaultTools<ReplicatedStage>) {
      const primary = await loss.primary(stage);
      const from = Date.now();
      await loss.lose(stage, primary);
      const electedAt = await loss.successor(stage, primary);
      await wait(ms(10_000, 5_000));
      await loss.restore?.(stage, primary);
      await loss.whole(stage);
      failovers.push({ from, electedAt, to: Date.now() });
    },
  };
}

const ofMongo = {
  primary: ({ set }: ReplicatedStage) => set.primary(),
  successor: ({ set }: ReplicatedStage, primary: number) => set.successor(primary),
  whole: ({ set }: ReplicatedStage) => set.whole(),
};

const ofValkey = {
  primary: ({ cluster }: ReplicatedStage) => cluster.primaryOf(queueSlot),
  successor: ({ cluster }: ReplicatedStage, primary: number) => cluster.successor(primary, queueSlot),
  whole: ({ cluster }: ReplicatedStage) => cluster.whole(),
};

/** Stores with copies of their data lose the member that takes writes. */
export const failovers: Fault<ReplicatedStage>[] = [
  failover('MongoDB set: kill -9 of the primary', {
    ...ofMongo,
    lose: ({ set }, primary) => set.kill(primary),
    restore: ({ set }, primary) => set.restart(primary),
  }),
  failover('MongoDB set: frozen primary (SIGSTOP)', {
    ...ofMongo,
    lose: ({ set }, primary) => set.freeze(primary),
    restore: ({ set }, primary) => set.thaw(primary),
  }),
  failover('MongoDB set: primary steps down', {
    ...ofMongo,
    lose: ({ set }, primary) => set.stepDown(primary),
  }),
  failover('MongoDB set: primary cut off with the minority', {
    ...ofMongo,
    lose: ({ set }, primary) => set.isolate(primary),
    restore: ({ set }) => set.reunite(),
  }),
  failover('Valkey Cluster: kill -9 of the primary', {
    ...ofValkey,
    lose: ({ cluster }, primary) => cluster.kill(primary),
    restore: ({ cluster }, primary) => cluster.restart(primary),
  }),
  failover('Valkey Cluster: frozen primary (SIGSTOP)', {
    ...ofValkey,
    lose: ({ cluster }, primary) => cluster.freeze(primary),
    restore: ({ cluster }, primary) => cluster.thaw(primary),
  }),
  failover('Valkey Cluster: primary hands over', {
    ...ofValkey,
    lose: ({ cluster }, primary) => cluster.handOver(primary),
  }),
];
