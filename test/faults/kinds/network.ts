import { setTimeout as wait } from 'node:timers/promises';
import type { TcpProxy } from '../stage/tcp-proxy.js';
import type { SingleStage } from '../stage/single-stage.js';
import type { Fault } from './fault.js';

const ways = {
  MongoDB: (stage: SingleStage): TcpProxy => stage.toMongod,
  Redis: (stage: SingleStage): TcpProxy => stage.toValkey,
};

const mongoByProxy: Pick<Fault, 'before' | 'after'> = {
  before: ({ stage }) => stage.mongoByProxy(true),
  after: ({ stage }) => stage.mongoByProxy(false),
};

/** What a network does to the connections of api and worker to a store. */
function networkFaults(store: keyof typeof ways): Fault[] {
  const ground = store === 'MongoDB' ? mongoByProxy : {};
  return [
    {
      ...ground,
      name: `connections to ${store} cut`,
      times: 2,
      async inject({ stage, outages, ms }) {
        const way = ways[store](stage);
        for (let blip = 0; blip < 5; blip++) {
          way.breakAll();
          await wait(300);
        }
        await way.cut();
        await outages.during(store, () => wait(ms(5_000, 4_000)));
        await way.mend();
      },
    },
    {
      ...ground,
      name: `${store} behind a slow line (+150 ms)`,
      times: 1,
      async inject({ stage, ms }) {
        ways[store](stage).delay(150);
        await wait(ms(10_000, 5_000));
        ways[store](stage).delay(0);
      },
    },
    {
      ...ground,
      name: `packets to ${store} dropped`,
      times: 2,
      async inject({ stage, outages, ms }) {
        const way = ways[store](stage);
        way.silence();
        await outages.during(store, () => wait(ms(6_000, 4_000)));
        way.breakAll();
        way.unsilence();
      },
    },
  ];
}

export const networks: Fault[] = [...networkFaults('MongoDB'), ...networkFaults('Redis')];
